#pragma once

namespace tenjo {

//! From now on malloc gives freed memory back to the system and keeps few arenas, so that a process
//! of many threads that runs for months is as big as what it holds, not as the sum of what each
//! thread ever held. To be called before there are threads. Of glibc alone; elsewhere nothing
//! happens.
void ReturnMemory();

}  // namespace tenjo
