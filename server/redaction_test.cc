#include "server/redaction.h"

#include "gtest/gtest.h"

namespace sealbook::server {
namespace {

TEST(RedactionTest, TakesAddressesOutAndLeavesTheRest) {
  EXPECT_EQ(WithoutAddresses("version 3 of alice@example.org: missing"),
            "version 3 of <address>: missing");
  EXPECT_EQ(WithoutAddresses("a@b, c@d;<e@f> (\"g@h\")"),
            "<address>, <address>;<<address>> (\"<address>\")");
  EXPECT_EQ(WithoutAddresses("label o'brien+x@xn--bcher-kva.example"),
            "label <address>");
  EXPECT_EQ(WithoutAddresses("nothing here"), "nothing here");
  EXPECT_EQ(WithoutAddresses(""), "");
}

TEST(RedactionTest, TakesQuotedAndEscapedLocalPartsWhole) {
  EXPECT_EQ(WithoutAddresses("of \"alice b\"@example.org: x"),
            "of <address>: x");
  EXPECT_EQ(WithoutAddresses("of \\\"alice b\\\"@example.org: x"),
            "of <address>: x");
  EXPECT_EQ(WithoutAddresses("of \"a\\\" b\"@example.org"), "of <address>");
  EXPECT_EQ(WithoutAddresses("of j\\303\\266rg@example.org"), "of <address>");
  EXPECT_EQ(WithoutAddresses("j\xc3\xb6rg@example.org"), "<address>");
}

TEST(RedactionTest, SurvivesAnythingElse) {
  for (const char* odd : {"@", "@@", "\"@", "a@", "@b", "\"\"@", "a@b@c"}) {
    EXPECT_EQ(WithoutAddresses(odd).find('@'), std::string::npos) << odd;
  }
}

}  // namespace
}  // namespace sealbook::server
