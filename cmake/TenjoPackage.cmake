# cpack -G DEB: the program with its systemd unit.
# What is packed is what was built; packing does not build the tests first.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)
set(CPACK_PACKAGE_NAME tenjo)
set(CPACK_PACKAGE_CONTACT "The Tenjo authors <tenjo@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_GENERATOR DEB)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION video)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# The inference runtime comes inside the package.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS "${openvino_libraries}")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates")
install(FILES "${PROJECT_SOURCE_DIR}/deploy/systemd/tenjo.service" DESTINATION lib/systemd/system)
install(FILES "${PROJECT_SOURCE_DIR}/docs/serve.md" "${PROJECT_SOURCE_DIR}/docs/openapi.yaml"
  DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES "${PROJECT_SOURCE_DIR}/deploy/systemd/cafe.toml"
  DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${PROJECT_SOURCE_DIR}/deploy/debian/postinst"
  "${PROJECT_SOURCE_DIR}/deploy/debian/prerm" "${PROJECT_SOURCE_DIR}/deploy/debian/postrm")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
# Where Debian looks for it.
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
include(CPack)
