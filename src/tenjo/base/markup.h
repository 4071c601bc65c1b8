#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tenjo {

//! What has a meaning in HTML replaced: for text and for values of attributes in double quotes.
std::string EscapeHtml(std::string_view text);

//! Base64 with padding, without line ends (RFC 4648, section 4).
std::string Base64(std::span<const unsigned char> bytes);

}  // namespace tenjo
