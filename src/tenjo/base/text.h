#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenjo {

//! The whole of `text` (blanks around it apart) as a number, else nothing. No locale is asked.
//! Takes "nan" and "inf", which the caller must judge.
std::optional<double> ParseDouble(std::string_view text);
std::optional<long long> ParseInt(std::string_view text);

//! Two whole numbers with an x between, as 640x480; else nothing. Their range is the caller's.
std::optional<std::pair<long long, long long>> ParseSides(std::string_view text);

std::string_view Trim(std::string_view text);
//! The pieces between separators, blanks around them apart; "a,,b" has three.
std::vector<std::string_view> Split(std::string_view text, char separator);

}  // namespace tenjo
