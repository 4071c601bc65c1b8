include(GoogleTest)

# tenjo_room(NAME [DEPENDS target...] [PRIVATE target...] [TEST_DEPENDS target...])
# One library for the folder: every x.cc in it, and one test program of every x_test.cc.
function(tenjo_room name)
  cmake_parse_arguments(ROOM "" "" "DEPENDS;PRIVATE;TEST_DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cc")
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")

  if(sources)
    add_library(tenjo_${name} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(tenjo_${name} PRIVATE $<BUILD_INTERFACE:tenjo_compiler>)
  else()
    add_library(tenjo_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(tenjo_${name} ${scope} "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(tenjo_${name} ${scope} ${ROOM_DEPENDS})
  if(ROOM_PRIVATE AND sources)
    target_link_libraries(tenjo_${name} PRIVATE ${ROOM_PRIVATE})
  endif()

  if(TENJO_TESTS AND tests)
    add_executable(tenjo_${name}_test ${tests})
    target_link_libraries(tenjo_${name}_test PRIVATE
      tenjo_${name} tenjo_compiler tenjo_testing ${ROOM_TEST_DEPENDS} GTest::gtest_main)
    gtest_discover_tests(tenjo_${name}_test
      TEST_PREFIX "${name}." DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
      PROPERTIES TIMEOUT 300)
  endif()
endfunction()
