// What ThreadSanitizer is not to report: Debian's libraries are not
// instrumented, so it sees the memory that they touch, but not the atomics that
// order it.

// Called by ThreadSanitizer's runtime; else by nobody.
// The name is the sanitizer's.
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" const char* __tsan_default_suppressions();
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" const char* __tsan_default_suppressions() {
  return
      // The last owner frees a status; the count is decremented in the library.
      "race:absl::debian3::Status::Unref\n"
      // A reader finds in the table in memory what a writer has just put there.
      "race:libleveldb.so\n";
}
