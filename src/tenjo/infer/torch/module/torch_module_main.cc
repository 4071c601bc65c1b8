//! Which Tenjo the module was built with; held against the program's own before anything else of it
//! is used.
extern "C" const char* tenjo_torch_version() { return TENJO_VERSION; }
