# The page is embedded into the service: a generated file implements serve/page_files.h. Its sources are in web/ (TypeScript);
# npm fetches what builds it, once. The program needs no network and no Node.
option(TENJO_PAGE "Build the page of tenjo serve and embed it (needs npm)" ON)
set(TENJO_PAGE_DIR "" CACHE PATH "Folder of a page that is built already, to be embedded instead")

# tenjo_page(OUTPUT): makes the target tenjo_page and the file.
function(tenjo_page output)
  set(web "${PROJECT_SOURCE_DIR}/web")
  find_program(TENJO_NODE NAMES node nodejs)
  find_program(TENJO_NPM npm)
  if(NOT TENJO_PAGE OR NOT TENJO_NODE OR NOT (TENJO_NPM OR TENJO_PAGE_DIR))
    if(TENJO_PAGE)
      message(WARNING "The page of tenjo serve is left out: node and npm are needed to build it.")
    endif()
    file(WRITE "${output}.new" "#include \"tenjo/serve/page_files.h\"\n\nnamespace tenjo {\n\n\
std::optional<PageFile> FindPageFile(std::string_view) { return std::nullopt; }\n\n}  // namespace tenjo\n")
    file(COPY_FILE "${output}.new" "${output}" ONLY_IF_DIFFERENT)
    return()
  endif()

  if(TENJO_PAGE_DIR)
    set(dist "${TENJO_PAGE_DIR}")
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${dist}/*")
    set(build "")
  else()
    set(dist "${CMAKE_CURRENT_BINARY_DIR}/page")
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${web}/src/*" "${web}/public/*")
    list(APPEND sources "${web}/index.html" "${web}/vite.config.mjs")
    set(modules "${web}/node_modules/.package-lock.json")
    add_custom_command(OUTPUT "${modules}"
      COMMAND "${TENJO_NPM}" ci --ignore-scripts --loglevel=error
      COMMAND "${CMAKE_COMMAND}" -E touch "${modules}"
      DEPENDS "${web}/package.json" "${web}/package-lock.json"
      WORKING_DIRECTORY "${web}" COMMENT "Fetching what builds the page" VERBATIM)
    list(APPEND sources "${modules}")
    set(build COMMAND "${TENJO_NODE}" node_modules/vite/bin/vite.js build --logLevel warn --emptyOutDir --outDir "${dist}")
  endif()
  add_custom_command(OUTPUT "${output}" ${build}
    COMMAND "${TENJO_NODE}" "${web}/embed.mjs" "${dist}" "${output}"
    DEPENDS ${sources} "${web}/embed.mjs"
    WORKING_DIRECTORY "${web}" COMMENT "Building the page" VERBATIM)
  add_custom_target(tenjo_page DEPENDS "${output}")
endfunction()
