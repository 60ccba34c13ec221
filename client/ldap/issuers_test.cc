#include "client/ldap/issuers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "smime/testing/test_ca.h"

namespace sealbook::client::ldap {
namespace {

using smime::testing::TestCa;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(IssuersTest, FindsWhatItRemembersByItsSubject) {
  const TestCa root = TestCa::Root({.common_name = "Root"});
  const TestCa issuing = root.IssueCa({.common_name = "Issuing, 2"});
  Issuers issuers;
  EXPECT_THAT(issuers.Find("CN=Issuing\\, 2"), IsEmpty());
  issuers.Remember({issuing.der(), root.der(), "no certificate"});
  issuers.Remember({issuing.der()});
  EXPECT_THAT(issuers.Find("CN=Issuing\\, 2"), ElementsAre(issuing.der()));
  EXPECT_THAT(issuers.Find("cn=issuing\\, 2 "), ElementsAre(issuing.der()));
  EXPECT_THAT(issuers.Find("CN=Issuing"), IsEmpty());
  EXPECT_THAT(issuers.Find("CN=Root"), IsEmpty());
  EXPECT_THAT(issuers.Find("\\"), IsEmpty());
}

TEST(IssuersTest, ForgetsTheOldest) {
  const TestCa root = TestCa::Root({.common_name = "Root"});
  Issuers issuers;
  for (size_t i = 0; i <= Issuers::kMaxIssuers; ++i) {
    issuers.Remember(
        {root.IssueCa({.common_name = absl::StrCat("CA ", i)}).der()});
  }
  EXPECT_THAT(issuers.Find("CN=CA 0"), IsEmpty());
  EXPECT_THAT(issuers.Find("CN=CA 1"), ::testing::SizeIs(1));
}

}  // namespace
}  // namespace sealbook::client::ldap
