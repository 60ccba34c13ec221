"""Fuzz targets: quick tests of fixed inputs, or libFuzzer with --config=fuzz."""

load("@rules_cc//cc:defs.bzl", "cc_test")

def fuzz_test(name, srcs, deps):
    """A test of one LLVMFuzzerTestOneInput (tests/fuzz/target.h).

    Args:
      name: of the test.
      srcs: the target.
      deps: of the target.
    """
    cc_test(
        name = name,
        srcs = srcs + ["target.h"],
        linkopts = select({
            "//tests/fuzz:libfuzzer": ["-fsanitize=fuzzer"],
            "//conditions:default": [],
        }),
        deps = deps + select({
            "//tests/fuzz:libfuzzer": [],
            "//conditions:default": ["//tests/fuzz:fixed_inputs_main"],
        }),
    )
