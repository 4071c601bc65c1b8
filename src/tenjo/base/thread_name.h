#pragma once

#include <string>

namespace tenjo {

//! What `top -H` and debuggers call this thread from now on, and the threads that it makes: the
//! first 15 bytes of the name.
void NameThread(const std::string& name);

}  // namespace tenjo
