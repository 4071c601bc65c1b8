find_package(Threads REQUIRED)
find_package(OpenCV 4.6 REQUIRED COMPONENTS core imgproc imgcodecs videoio calib3d highgui)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(Eigen3 3.4 REQUIRED)
find_package(embree 3 REQUIRED)

# OpenVINO comes as a Python wheel that carries its C++ headers and CMake files.
set(TENJO_PYTHON "${PROJECT_SOURCE_DIR}/build/venv/bin/python3" CACHE FILEPATH
  "Python that has the packages of requirements/")
if(NOT OpenVINO_DIR AND EXISTS "${TENJO_PYTHON}")
  execute_process(
    COMMAND "${TENJO_PYTHON}" -c "from openvino.utils import get_cmake_path; print(get_cmake_path())"
    OUTPUT_VARIABLE TENJO_OPENVINO_CMAKE OUTPUT_STRIP_TRAILING_WHITESPACE)
  set(OpenVINO_DIR "${TENJO_OPENVINO_CMAKE}" CACHE PATH "Folder of OpenVINOConfig.cmake" FORCE)
endif()
find_package(OpenVINO REQUIRED COMPONENTS Runtime)
if(NOT TARGET TBB::tbb)
  find_package(TBB REQUIRED)
endif()

# Debian ships the ONNX message definitions without CMake files; ONNX_ML and the namespace must
# match how the library was built.
find_package(Protobuf REQUIRED)
find_path(ONNX_INCLUDE_DIR onnx/onnx_pb.h REQUIRED)
find_library(ONNX_PROTO_LIBRARY onnx_proto REQUIRED)
find_library(ONNX_LIBRARY onnx REQUIRED)
add_library(tenjo_onnx INTERFACE)
target_include_directories(tenjo_onnx SYSTEM INTERFACE "${ONNX_INCLUDE_DIR}")
target_compile_definitions(tenjo_onnx INTERFACE ONNX_ML=1 ONNX_NAMESPACE=onnx)
target_link_libraries(tenjo_onnx INTERFACE
  "${ONNX_LIBRARY}" "${ONNX_PROTO_LIBRARY}" protobuf::libprotobuf)

# What the service speaks to.
find_package(SQLite3 3.38 REQUIRED)
find_package(PahoMqttCpp REQUIRED)
find_path(PQXX_INCLUDE_DIR pqxx/pqxx REQUIRED)
find_library(PQXX_LIBRARY pqxx REQUIRED)
add_library(tenjo_mqtt INTERFACE)
target_link_libraries(tenjo_mqtt INTERFACE PahoMqttCpp::paho-mqttpp3)
add_library(tenjo_postgres INTERFACE)
target_include_directories(tenjo_postgres SYSTEM INTERFACE "${PQXX_INCLUDE_DIR}")
target_link_libraries(tenjo_postgres INTERFACE "${PQXX_LIBRARY}" pq)

# Debian ships cpp-httplib compiled; its header must be told what it was compiled with.
find_package(OpenSSL 3 REQUIRED)
find_path(HTTPLIB_INCLUDE_DIR httplib.h REQUIRED)
find_library(HTTPLIB_LIBRARY cpp-httplib REQUIRED)
add_library(tenjo_httplib INTERFACE)
target_include_directories(tenjo_httplib SYSTEM INTERFACE "${HTTPLIB_INCLUDE_DIR}")
target_compile_definitions(tenjo_httplib INTERFACE CPPHTTPLIB_OPENSSL_SUPPORT
  CPPHTTPLIB_ZLIB_SUPPORT CPPHTTPLIB_BROTLI_SUPPORT)
target_link_libraries(tenjo_httplib INTERFACE "${HTTPLIB_LIBRARY}" OpenSSL::SSL OpenSSL::Crypto)

# Packed assets.
find_package(LibLZMA REQUIRED)

# Passwords of the page's users; Debian ships no CMake files for it.
find_package(ZLIB REQUIRED)
find_path(ARGON2_INCLUDE_DIR argon2.h REQUIRED)
find_library(ARGON2_LIBRARY argon2 REQUIRED)
add_library(tenjo_argon2 INTERFACE)
target_include_directories(tenjo_argon2 SYSTEM INTERFACE "${ARGON2_INCLUDE_DIR}")
target_link_libraries(tenjo_argon2 INTERFACE "${ARGON2_LIBRARY}")

if(TENJO_TESTS)
  find_package(GTest REQUIRED)
endif()
if(TENJO_BENCH)
  find_package(benchmark REQUIRED)
endif()
