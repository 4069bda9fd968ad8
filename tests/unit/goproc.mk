# Unit tests of goproc/. None needs Go: executables and runtimes are made in memory.
goproc_tests = \
	tests/unit/test_goproc_addresses \
	tests/unit/test_goproc_buildinfo \
	tests/unit/test_goproc_debuginfo \
	tests/unit/test_goproc_disasm \
	tests/unit/test_goproc_gs \
	tests/unit/test_goproc_gstacks \
	tests/unit/test_goproc_image \
	tests/unit/test_goproc_layouts \
	tests/unit/test_goproc_pages \
	tests/unit/test_goproc_pclntab \
	tests/unit/test_goproc_permission \
	tests/unit/test_goproc_process \
	tests/unit/test_goproc_reader \
	tests/unit/test_goproc_types
check_PROGRAMS += $(goproc_tests)

goproc_elf = tests/unit/goproc_elf.c tests/unit/goproc_elf.h \
	tests/unit/goproc_tables.c tests/unit/goproc_tables.h
goproc_test_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
goproc_test_libs = goproc/libgoproc.a util/libutil.a $(CMOCKA_LIBS) $(ELF_LIBS)

tests_unit_test_goproc_addresses_SOURCES = tests/unit/test_goproc_addresses.c \
	tests/unit/goproc_tables.c tests/unit/goproc_tables.h
tests_unit_test_goproc_addresses_CFLAGS = $(goproc_test_cflags)
tests_unit_test_goproc_addresses_LDADD = $(goproc_test_libs)

tests_unit_test_goproc_buildinfo_SOURCES = tests/unit/test_goproc_buildinfo.c $(goproc_elf)
tests_unit_test_goproc_buildinfo_CFLAGS = $(goproc_test_cflags)
tests_unit_test_goproc_buildinfo_LDADD = $(goproc_test_libs)

tests_unit_test_goproc_debuginfo_SOURCES = tests/unit/test_goproc_debuginfo.c \
	tests/unit/goproc_dwarf.c tests/unit/goproc_dwarf.h
tests_unit_test_goproc_debuginfo_CFLAGS = $(goproc_test_cflags) $(ELF_CFLAGS)
tests_unit_test_goproc_debuginfo_LDADD = $(goproc_test_libs)

tests_unit_test_goproc_disasm_SOURCES = tests/unit/test_goproc_disasm.c
tests_unit_test_goproc_disasm_CFLAGS = $(goproc_test_cflags)
tests_unit_test_goproc_disasm_LDADD = $(goproc_test_libs)

goproc_world = tests/unit/goproc_world.c tests/unit/goproc_world.h \
	tests/unit/goproc_fake.c tests/unit/goproc_fake.h \
	tests/unit/goproc_tables.c tests/unit/goproc_tables.h

tests_unit_test_goproc_gs_SOURCES = tests/unit/test_goproc_gs.c $(goproc_world)
tests_unit_test_goproc_gs_CFLAGS = $(goproc_test_cflags)
tests_unit_test_goproc_gs_LDADD = $(goproc_test_libs)

tests_unit_test_goproc_gstacks_SOURCES = tests/unit/test_goproc_gstacks.c $(goproc_world)
tests_unit_test_goproc_gstacks_CFLAGS = $(goproc_test_cflags)
tests_unit_test_goproc_gstacks_LDADD = $(goproc_test_libs)

tests_unit_test_goproc_image_SOURCES = tests/unit/test_goproc_image.c $(goproc_elf)
tests_unit_test_goproc_image_CFLAGS = $(goproc_test_cflags)
tests_unit_test_goproc_image_LDADD = $(goproc_test_libs)

tests_unit_test_goproc_layouts_SOURCES = tests/unit/test_goproc_layouts.c
tests_unit_test_goproc_layouts_CFLAGS = $(goproc_test_cflags)
tests_unit_test_goproc_layouts_LDADD = $(goproc_test_libs)

tests_unit_test_goproc_pages_SOURCES = tests/unit/test_goproc_pages.c
tests_unit_test_goproc_pages_CFLAGS = $(goproc_test_cflags)
tests_unit_test_goproc_pages_LDADD = $(goproc_test_libs)

tests_unit_test_goproc_pclntab_SOURCES = tests/unit/test_goproc_pclntab.c \
	tests/unit/goproc_tables.c tests/unit/goproc_tables.h
tests_unit_test_goproc_pclntab_CFLAGS = $(goproc_test_cflags)
tests_unit_test_goproc_pclntab_LDADD = $(goproc_test_libs)

tests_unit_test_goproc_permission_SOURCES = tests/unit/test_goproc_permission.c $(file_tree)
tests_unit_test_goproc_permission_CFLAGS = $(goproc_test_cflags)
tests_unit_test_goproc_permission_LDADD = $(goproc_test_libs)

tests_unit_test_goproc_process_SOURCES = tests/unit/test_goproc_process.c
tests_unit_test_goproc_process_CFLAGS = $(goproc_test_cflags)
tests_unit_test_goproc_process_LDADD = $(goproc_test_libs)

tests_unit_test_goproc_reader_SOURCES = tests/unit/test_goproc_reader.c \
	tests/unit/goproc_fake.c tests/unit/goproc_fake.h
tests_unit_test_goproc_reader_CFLAGS = $(goproc_test_cflags)
tests_unit_test_goproc_reader_LDADD = $(goproc_test_libs)

tests_unit_test_goproc_types_SOURCES = tests/unit/test_goproc_types.c $(goproc_elf)
tests_unit_test_goproc_types_CFLAGS = $(goproc_test_cflags)
tests_unit_test_goproc_types_LDADD = $(goproc_test_libs)
