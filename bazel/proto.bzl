"""Compiles .proto files with Debian's protoc and its gRPC plugin."""

load("@rules_cc//cc:defs.bzl", "cc_library")

def sealbook_cc_proto(name, srcs, grpc_srcs = [], visibility = None):
    """One cc_library over a package's .proto files.

    Args:
      name: the library.
      srcs: all .proto files of the package.
      grpc_srcs: those of them that define services.
      visibility: of the library.
    """
    outs = []
    for src in srcs:
        stem = src[:-len(".proto")]
        outs += [stem + ".pb.h", stem + ".pb.cc"]
    for src in grpc_srcs:
        stem = src[:-len(".proto")]
        outs += [stem + ".grpc.pb.h", stem + ".grpc.pb.cc"]

    native.genrule(
        name = name + "_gen",
        srcs = srcs,
        outs = outs,
        cmd = " ".join([
            "/usr/bin/protoc",
            "--proto_path=.",
            "--cpp_out=$(GENDIR)",
        ]) + " $(SRCS)" + (" && /usr/bin/protoc --proto_path=. --grpc_out=$(GENDIR) " +
                           "--plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin " +
                           " ".join(["$(execpath %s)" % s for s in grpc_srcs]) if grpc_srcs else ""),
        message = "Compiling protocol buffers",
    )
    cc_library(
        name = name,
        srcs = [o for o in outs if o.endswith(".cc")],
        hdrs = [o for o in outs if o.endswith(".h")],
        copts = ["-w"],
        visibility = visibility,
        deps = ["//bazel/lib:grpc"],
    )
