include(GNUInstallDirs)
set(CMAKE_INSTALL_DOCDIR "${CMAKE_INSTALL_DATAROOTDIR}/doc/tenjo")
include(CMakePackageConfigHelpers)

# All rooms in one shared library: users link Tenjo::tenjo and need only OpenCV's headers.
set(room_objects "")
foreach(room ${TENJO_ROOMS})
  get_target_property(type tenjo_${room} TYPE)
  if(type STREQUAL "STATIC_LIBRARY")
    list(APPEND room_objects $<TARGET_OBJECTS:tenjo_${room}>)
  endif()
endforeach()
add_library(tenjo SHARED ${room_objects})
set_target_properties(tenjo PROPERTIES LINKER_LANGUAGE CXX)
target_link_libraries(tenjo PRIVATE tenjo_compiler tenjo_opencv opencv_calib3d openvino::runtime tenjo_onnx
  Eigen3::Eigen embree TBB::tbb spdlog::spdlog fmt::fmt tomlplusplus::tomlplusplus ZLIB::ZLIB LibLZMA::LibLZMA Threads::Threads
  ${CMAKE_DL_LIBS})
target_link_libraries(tenjo PUBLIC opencv_core)
target_include_directories(tenjo INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
set_target_properties(tenjo PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})

set(TENJO_PRIVATE_LIBDIR "${CMAKE_INSTALL_LIBDIR}/tenjo")
set_target_properties(tenjo PROPERTIES INSTALL_RPATH "$ORIGIN/tenjo")
set_target_properties(tenjo_cli_program PROPERTIES
  INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR};$ORIGIN/../${TENJO_PRIVATE_LIBDIR}")

install(TARGETS tenjo EXPORT TenjoTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS tenjo_cli_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS tenjo_window LIBRARY DESTINATION ${TENJO_PRIVATE_LIBDIR})
if(TENJO_TORCH)
  # A LibTorch that is not the system's is used where it was found.
  set_target_properties(tenjo_torch PROPERTIES
    INSTALL_RPATH "$ORIGIN$<$<BOOL:${TENJO_TORCH_ROOT}>:;${TENJO_TORCH_ROOT}/lib>")
  install(TARGETS tenjo_torch LIBRARY DESTINATION ${TENJO_PRIVATE_LIBDIR})
endif()
if(TENJO_BUNDLE_OPENVINO)
  # The runtime was found in the build folder's Python environment; the installed program must
  # outlive that folder.
  get_target_property(openvino_library openvino::runtime IMPORTED_LOCATION_RELEASE)
  get_filename_component(openvino_libraries "${openvino_library}" DIRECTORY)
  install(DIRECTORY "${openvino_libraries}/" DESTINATION ${TENJO_PRIVATE_LIBDIR}
    FILES_MATCHING PATTERN "*.so*" PATTERN "*_c.so*" EXCLUDE PATTERN "*pytorch*" EXCLUDE
    PATTERN "*tensorflow*" EXCLUDE PATTERN "*paddle*" EXCLUDE PATTERN "*jax*" EXCLUDE
    PATTERN "*gguf*" EXCLUDE)
  install(FILES "${openvino_libraries}/cache.json" DESTINATION ${TENJO_PRIVATE_LIBDIR} OPTIONAL)
endif()
foreach(folder ${TENJO_FOLDERS})
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/src/tenjo/${folder}"
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tenjo FILES_MATCHING PATTERN "*.h"
    PATTERN "*_test.h" EXCLUDE PATTERN "events" EXCLUDE)
endforeach()
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/NOTICE"
  DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES "${PROJECT_SOURCE_DIR}/docs/schema/frame.schema.json"
  DESTINATION ${CMAKE_INSTALL_DATADIR}/tenjo/schema)

install(FILES "${PROJECT_SOURCE_DIR}/assets/body.bin" "${PROJECT_SOURCE_DIR}/assets/furniture.bin"
  "${PROJECT_SOURCE_DIR}/assets/LICENSES.md" DESTINATION ${CMAKE_INSTALL_DATADIR}/tenjo/assets)

install(DIRECTORY "${PROJECT_SOURCE_DIR}/models" DESTINATION ${CMAKE_INSTALL_DATADIR}/tenjo
  FILES_MATCHING PATTERN "*.onnx" PATTERN "*.md")

set(TENJO_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/Tenjo)
install(EXPORT TenjoTargets NAMESPACE Tenjo:: DESTINATION ${TENJO_CMAKE_DIR})
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/TenjoConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/TenjoConfig.cmake" INSTALL_DESTINATION ${TENJO_CMAKE_DIR})
write_basic_package_version_file("${PROJECT_BINARY_DIR}/TenjoConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/TenjoConfig.cmake" "${PROJECT_BINARY_DIR}/TenjoConfigVersion.cmake"
  DESTINATION ${TENJO_CMAKE_DIR})
