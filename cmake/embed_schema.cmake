# SPDX-License-Identifier: Apache-2.0
# Writes schema/*.sql of one module into a C++ source that defines yukuai::<module>::kSchema.
set(body "// Generated from the module's schema folder.\n#include \"platform/storage/migration.h\"\n\nnamespace yukuai::${MODULE} {\n")
string(APPEND body "extern const std::vector<yukuai::storage::Migration> kSchema;\nconst std::vector<yukuai::storage::Migration> kSchema = {\n")
list(SORT FILES)
foreach(file ${FILES})
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} text)
  string(APPEND body "    {\"${name}\", R\"sql(${text})sql\"},\n")
endforeach()
string(APPEND body "};\n}  // namespace yukuai::${MODULE}\n")
file(WRITE ${OUT} "${body}")
