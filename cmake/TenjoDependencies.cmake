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

if(TENJO_TESTS)
  find_package(GTest REQUIRED)
endif()
if(TENJO_BENCH)
  find_package(benchmark REQUIRED)
endif()
