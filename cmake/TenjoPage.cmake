# The page is embedded into the service: a generated file implements serve/page_files.h.
set(TENJO_PAGE_DIR "${PROJECT_SOURCE_DIR}/web/dist" CACHE PATH "Folder of the built page")

# A program without the page still has its API.
function(tenjo_no_page output)
  file(WRITE "${output}.new" "#include \"tenjo/serve/page_files.h\"\n\nnamespace tenjo {\n\n\
std::optional<PageFile> FindPageFile(std::string_view) { return std::nullopt; }\n\n}  // namespace tenjo\n")
  file(COPY_FILE "${output}.new" "${output}" ONLY_IF_DIFFERENT)
endfunction()
