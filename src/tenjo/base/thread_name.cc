#include "tenjo/base/thread_name.h"

#include <pthread.h>

namespace tenjo {

void NameThread(const std::string& name) {
  constexpr std::size_t kLongest = 15;  // Linux's bound
  pthread_setname_np(pthread_self(), name.substr(0, kLongest).c_str());
}

}  // namespace tenjo
