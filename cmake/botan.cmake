# SPDX-License-Identifier: Apache-2.0
# Botan, an independent implementation of SM2, SM3 and SM4, is the oracle of the crypto tests. The program never links it.
if(YUKUAI_TESTS)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(BOTAN REQUIRED IMPORTED_TARGET botan-2)
endif()
