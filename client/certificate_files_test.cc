#include "client/certificate_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "client/files.h"
#include "client/testing/temp_folder.h"
#include "smime/testing/test_ca.h"

namespace sealbook::client {
namespace {

using smime::testing::TestCa;
using smime::testing::TestCertificate;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CertificateFilesTest : public ::testing::Test {
 protected:
  CertificateFilesTest()
      : root_(TestCa::Root({.common_name = "Root"})),
        upper_(root_.IssueCa({.common_name = "Upper"})),
        issuing_(upper_.IssueCa({.common_name = "Issuing"})),
        alice_(issuing_.Issue({.emails = {"alice@example.org"}})),
        bob_(issuing_.Issue({.emails = {"bob@example.org"}})) {}

  std::string Write(const std::string& name, const std::string& contents) {
    EXPECT_TRUE(WriteNewFile(folder_.path(name), contents).ok());
    return folder_.path(name);
  }
  std::vector<CertificateToPublish> Read(
      const std::vector<std::string>& files) {
    auto certificates = ReadCertificateFiles(files);
    EXPECT_TRUE(certificates.ok()) << certificates.status();
    return certificates.ok() ? certificates->certificates
                             : std::vector<CertificateToPublish>();
  }

  TempFolder folder_;
  TestCa root_, upper_, issuing_;
  TestCertificate alice_, bob_;
};

TEST_F(CertificateFilesTest, ReadsALeafWithItsIntermediatesIssuerFirst) {
  // In any order, and with the root, which is left out.
  std::string file =
      Write("a.pem", root_.pem() + upper_.pem() + alice_.pem + issuing_.pem());
  auto certificates = Read({file});
  ASSERT_EQ(certificates.size(), 1u);
  EXPECT_EQ(certificates[0].file, file);
  EXPECT_EQ(certificates[0].der, alice_.der);
  EXPECT_THAT(certificates[0].facts.addresses,
              ElementsAre("alice@example.org"));
  EXPECT_THAT(certificates[0].intermediates,
              ElementsAre(issuing_.der(), upper_.der()));
}

TEST_F(CertificateFilesTest, ReadsDer) {
  auto certificates = Read({Write("a.der", alice_.der)});
  ASSERT_EQ(certificates.size(), 1u);
  EXPECT_EQ(certificates[0].der, alice_.der);
  EXPECT_THAT(certificates[0].intermediates, IsEmpty());
}

TEST_F(CertificateFilesTest, SharesIntermediatesBetweenFiles) {
  auto certificates =
      Read({Write("ca.pem", issuing_.pem()), Write("a.pem", alice_.pem),
            Write("b.der", bob_.der)});
  ASSERT_EQ(certificates.size(), 2u);
  EXPECT_THAT(certificates[0].intermediates, ElementsAre(issuing_.der()));
  EXPECT_THAT(certificates[1].intermediates, ElementsAre(issuing_.der()));
}

TEST_F(CertificateFilesTest, PrefersTheIssuersOfTheSameFile) {
  TestCa namesake = TestCa::Root({.common_name = "Other root"})
                        .IssueCa({.common_name = "Issuing"});
  TestCertificate eve = namesake.Issue({.emails = {"eve@example.org"}});
  auto certificates = Read({Write("a.pem", alice_.pem + issuing_.pem()),
                            Write("e.pem", eve.pem + namesake.pem())});
  ASSERT_EQ(certificates.size(), 2u);
  EXPECT_THAT(certificates[0].intermediates, ElementsAre(issuing_.der()));
  EXPECT_THAT(certificates[1].intermediates, ElementsAre(namesake.der()));
}

TEST_F(CertificateFilesTest, TakesACertificateOnce) {
  auto certificates = Read(
      {Write("a.pem", alice_.pem + alice_.pem), Write("b.pem", alice_.pem)});
  EXPECT_EQ(certificates.size(), 1u);
}

TEST_F(CertificateFilesTest, LeavesALoneCaToTheServerToRefuse) {
  auto certificates = Read({Write("ca.pem", issuing_.pem())});
  ASSERT_EQ(certificates.size(), 1u);
  EXPECT_EQ(certificates[0].der, issuing_.der());
}

TEST_F(CertificateFilesTest, ReadsFoldersAndSkipsWhatIsNoCertificate) {
  std::filesystem::create_directories(folder_.path("ca/leaves/deep"));
  Write("ca/issuing.pem", issuing_.pem());
  Write("ca/leaves/a.der", alice_.der);
  Write("ca/leaves/deep/b.pem", bob_.pem);
  Write("ca/leaves/readme.txt", "hello");
  Write("ca/leaves/empty", "");
  auto files = ReadCertificateFiles({folder_.path("ca")});
  ASSERT_TRUE(files.ok()) << files.status();
  ASSERT_EQ(files->certificates.size(), 2u);
  EXPECT_EQ(files->certificates[0].der, alice_.der);
  EXPECT_EQ(files->certificates[1].der, bob_.der);
  EXPECT_THAT(files->certificates[1].intermediates,
              ElementsAre(issuing_.der()));
  EXPECT_THAT(files->skipped,
              ElementsAre(HasSubstr("leaves/empty"), HasSubstr("readme.txt")));
}

TEST_F(CertificateFilesTest, RefusesAFolderWithoutCertificates) {
  std::filesystem::create_directories(folder_.path("ca"));
  absl::Status status = ReadCertificateFiles({folder_.path("ca")}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("there is no file in this folder"));
  Write("ca/readme.txt", "hello");
  status = ReadCertificateFiles({folder_.path("ca")}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("none of its 1 files holds certificates"));
}

TEST_F(CertificateFilesTest, NamesTheFileThatIsWrong) {
  std::string good = Write("a.pem", alice_.pem);
  absl::Status status =
      ReadCertificateFiles({good, Write("bad.pem", "hello")}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("bad.pem"));
  status = ReadCertificateFiles({good, folder_.path("missing")}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("missing"));
}

}  // namespace
}  // namespace sealbook::client
