#include "smime/issuer_cache.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "smime/certificate.h"
#include "smime/testing/test_ca.h"
#include "smime/x509.h"

namespace sealbook::smime {
namespace {

using testing::TestCa;

std::shared_ptr<KnownIssuer> Known(const TestCa& ca, bool verified) {
  auto issuer = std::make_shared<KnownIssuer>();
  issuer->certificate = Share(*ParseX509(ca.der()));
  issuer->sha256 = HashCertificate(ca.der());
  if (verified) issuer->chain = std::make_shared<Chain>();
  return issuer;
}

std::string NameOf(const TestCa& ca) {
  return std::string(
      NameDer(X509_get_subject_name(ParseX509(ca.der())->get())));
}

class IssuerCacheTest : public ::testing::Test {
 protected:
  const TestCa a1_ = TestCa::Root({.common_name = "A"});
  const TestCa a2_ = TestCa::Root({.common_name = "A"});
  const TestCa b_ = TestCa::Root({.common_name = "B"});
  IssuerCache cache_{2};
};

TEST_F(IssuerCacheTest, FindsByNameVerifiedFirst) {
  EXPECT_TRUE(cache_.Find(NameOf(a1_)).empty());
  cache_.Add(Known(a1_, false));
  cache_.Add(Known(a2_, true));
  auto found = cache_.Find(NameOf(a1_));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0]->sha256, HashCertificate(a2_.der()));
  EXPECT_EQ(found[1]->sha256, HashCertificate(a1_.der()));
  EXPECT_TRUE(cache_.Find(NameOf(b_)).empty());
}

TEST_F(IssuerCacheTest, PutsAVerifiedIssuerInPlaceOfTheSameUnverified) {
  cache_.Add(Known(a1_, false));
  cache_.Add(Known(a1_, true));
  cache_.Add(Known(a1_, false));
  auto found = cache_.Find(NameOf(a1_));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NE(found[0]->chain, nullptr);
  // It counts once.
  cache_.Add(Known(b_, false));
  EXPECT_EQ(cache_.Find(NameOf(b_)).size(), 1u);
}

TEST_F(IssuerCacheTest, TakesNoMoreThanItsCapacity) {
  cache_.Add(Known(a1_, false));
  cache_.Add(Known(a2_, false));
  cache_.Add(Known(b_, true));
  EXPECT_TRUE(cache_.Find(NameOf(b_)).empty());
  EXPECT_EQ(cache_.Find(NameOf(a1_)).size(), 2u);
  // What is known may still become verified.
  cache_.Add(Known(a2_, true));
  auto found = cache_.Find(NameOf(a2_));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_NE(found[0]->chain, nullptr);
}

}  // namespace
}  // namespace sealbook::smime
