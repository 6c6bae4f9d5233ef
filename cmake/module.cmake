# SPDX-License-Identifier: Apache-2.0
# One module = one folder src/<layer>/<module> = one static library yukuai_<layer>_<module>.
#
#   yukuai_module(<layer>/<module> [DEPENDS <layer>/<module>...] [LINKS <library>...] [TEST_LINKS <library>...] [SCHEMA])
#
# Sources are all *.cc of the folder. *_test.cc become one test program, each *_fuzz.cc a fuzz target: with YUKUAI_FUZZ a
# libFuzzer program, otherwise a replay of the corpus in tests/corpus/<name>/ that runs with the unit tests.
# DEPENDS names every module whose headers this one includes; `tools/check/check layers` holds the build to it.
# SCHEMA embeds schema/*.sql as a C++ array (see platform/storage/migration.h).
function(yukuai_target_name out path)
  string(REPLACE "/" "_" name "${path}")
  set(${out} "yukuai_${name}" PARENT_SCOPE)
endfunction()

function(yukuai_module path)
  cmake_parse_arguments(M "SCHEMA" "" "DEPENDS;LINKS;TEST_LINKS;TEST_DEPENDS" ${ARGN})
  yukuai_target_name(target ${path})
  get_filename_component(module ${path} NAME)
  set(dir ${CMAKE_SOURCE_DIR}/src/${path})
  file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.cc)
  set(tests ${sources})
  set(fuzzers ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz|bench)\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cc$")

  set(depends "")
  foreach(dependency ${M_DEPENDS})
    yukuai_target_name(name ${dependency})
    list(APPEND depends ${name})
  endforeach()
  set(test_depends "")
  foreach(dependency ${M_TEST_DEPENDS})
    yukuai_target_name(name ${dependency})
    list(APPEND test_depends ${name})
  endforeach()

  if(M_SCHEMA)
    file(GLOB schema_files CONFIGURE_DEPENDS ${dir}/schema/*.sql)
    set(schema_cc ${CMAKE_BINARY_DIR}/schema/${target}.cc)
    add_custom_command(OUTPUT ${schema_cc}
      COMMAND ${CMAKE_COMMAND} -DOUT=${schema_cc} -DMODULE=${module} "-DFILES=${schema_files}" -P ${CMAKE_SOURCE_DIR}/cmake/embed_schema.cmake
      DEPENDS ${schema_files} ${CMAKE_SOURCE_DIR}/cmake/embed_schema.cmake VERBATIM)
    list(APPEND sources ${schema_cc})
  endif()

  if(sources)
    add_library(${target} STATIC ${sources})
    target_link_libraries(${target} PUBLIC yukuai_options ${depends} ${M_LINKS})
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE yukuai_options ${depends} ${M_LINKS})
  endif()

  if(YUKUAI_TESTS AND tests)
    set(test_name ${target}_test)
    string(REPLACE "yukuai_" "" test_name ${test_name})
    add_executable(${test_name} ${tests})
    # Only tests read files of the source tree: the path in a library's command line would keep checkouts from sharing a cache.
    target_compile_definitions(${test_name} PRIVATE YUKUAI_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    target_link_libraries(${test_name} PRIVATE ${target} ${test_depends} ${M_TEST_LINKS} GTest::gtest GTest::gmock GTest::gtest_main)
    add_test(NAME ${path} COMMAND ${test_name})
    set_tests_properties(${path} PROPERTIES LABELS unit TIMEOUT 300)
  endif()
  foreach(fuzzer ${fuzzers})
    get_filename_component(name ${fuzzer} NAME_WE)
    set(fuzz_target ${module}_${name})
    if(YUKUAI_FUZZ)
      add_executable(${fuzz_target} ${fuzzer})
      target_link_libraries(${fuzz_target} PRIVATE ${target} ${test_depends})
      target_link_options(${fuzz_target} PRIVATE -fsanitize=fuzzer)
    elseif(YUKUAI_TESTS)
      add_executable(${fuzz_target} ${fuzzer} ${CMAKE_SOURCE_DIR}/tests/corpus/replay.cc)
      target_link_libraries(${fuzz_target} PRIVATE ${target} ${test_depends})
      add_test(NAME corpus/${fuzz_target} COMMAND ${fuzz_target} ${CMAKE_SOURCE_DIR}/tests/corpus/${fuzz_target})
      set_tests_properties(corpus/${fuzz_target} PROPERTIES LABELS unit)
    endif()
  endforeach()
endfunction()

# A program: main.cc of src/<layer>/<module>, linked with what it names.
function(yukuai_program path)
  cmake_parse_arguments(P "" "NAME" "DEPENDS" ${ARGN})
  add_executable(${P_NAME} ${CMAKE_SOURCE_DIR}/src/${path}/main.cc)
  target_link_libraries(${P_NAME} PRIVATE yukuai_options)
  foreach(dependency ${P_DEPENDS})
    yukuai_target_name(name ${dependency})
    target_link_libraries(${P_NAME} PRIVATE ${name})
  endforeach()
endfunction()
