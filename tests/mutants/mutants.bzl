"""A test of tests: whether they miss each check of some sources."""

load("@rules_cc//cc:defs.bzl", "cc_binary")

# Folders that are packages of their own.
_PACKAGES = [
    "client/gossip",
    "client/watch",
]

def _label(file):
    for package in _PACKAGES:
        if file.startswith(package + "/"):
            return "//%s:%s" % (package, file[len(package) + 1:])
    return "//" + file.replace("/", ":", 1)

def labels(files):
    """The labels of sources, which are given by their paths."""
    return [_label(f) for f in files]

def mutants_test(name, checked, tests, deps, provers = []):
    """Switches each check off in turn; a test has to fail.

    Args:
      name: of the test, NAME_test.
      checked: paths of the sources whose checks are switched off.
      tests: paths of the tests.
      deps: of all of these.
      provers: paths of sources that run with all checks on.
    """
    rewritten = ["%s/%s" % (name, f) for f in checked + provers]
    native.genrule(
        name = name + "_switched",
        srcs = labels(checked + provers + tests),
        outs = [
            name + "_checks.tsv",
            name + "_random_tests.txt",
        ] + rewritten,
        cmd = " ".join(
            [
                "$(location generate.py)",
                "--checks $(location %s_checks.tsv)" % name,
                "--random $(location %s_random_tests.txt)" % name,
                "--out $(RULEDIR)/" + name,
            ] + ["--honest " + f for f in provers] +
            checked + provers + ["--tests"] + tests,
        ),
        tools = ["generate.py"],
    )

    # The rewritten objects come before the libraries that have the true ones,
    # which the linker then has no use for.
    cc_binary(
        name = name + "_tests",
        testonly = True,
        srcs = ["main.cc"] + rewritten + labels(tests),
        # What is read beyond an end, once the check is off, ends the process.
        copts = ["-D_GLIBCXX_ASSERTIONS"],
        tags = ["manual"],
        deps = deps + [
            ":switch",
            "//bazel/lib:gtest",
        ],
    )

    native.sh_test(
        name = name + "_test",
        size = "medium",
        srcs = ["run.py"],
        args = ["$(location %s)" % f for f in [
            ":%s_tests" % name,
            name + "_checks.tsv",
            name + "_random_tests.txt",
            "equivalent.txt",
        ]],
        data = [
            "equivalent.txt",
            name + "_checks.tsv",
            name + "_random_tests.txt",
            ":%s_tests" % name,
        ],
        # On all processors, and too long for every day.
        tags = [
            "exclusive",
            "manual",
            "noasan",
        ],
    )
