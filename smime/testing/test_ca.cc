#include "smime/testing/test_ca.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "crypto/openssl_error.h"
#include "crypto/openssl_ptr.h"
#include "smime/certificate.h"
#include "smime/x509.h"

namespace sealbook::smime::testing {
namespace {

using crypto::BioPtr;
using crypto::EvpMdCtxPtr;
using crypto::EvpPkeyPtr;
using crypto::GeneralNamesPtr;
using crypto::RequireOpenSsl;
using crypto::X509Ptr;
using SharedKey = std::shared_ptr<EVP_PKEY>;
using StringPtr =
    std::unique_ptr<ASN1_STRING, crypto::OpenSslFree<ASN1_STRING_free>>;
using ObjectPtr =
    std::unique_ptr<ASN1_OBJECT, crypto::OpenSslFree<ASN1_OBJECT_free>>;
using ExtensionPtr =
    std::unique_ptr<X509_EXTENSION, crypto::OpenSslFree<X509_EXTENSION_free>>;

void Require(bool ok, const char* what) { RequireOpenSsl(ok, what); }

// --- Keys

SharedKey MakeKey(KeyType type) {
  auto ec = [](const char* group) { return EVP_EC_gen(group); };
  EVP_PKEY* key = nullptr;
  switch (type) {
    case KeyType::kP256:
      key = ec("P-256");
      break;
    case KeyType::kP384:
      key = ec("P-384");
      break;
    case KeyType::kP521:
      key = ec("P-521");
      break;
    case KeyType::kSecp256k1:
      key = ec("secp256k1");
      break;
    case KeyType::kEd25519:
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
      break;
    case KeyType::kEd448:
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448");
      break;
    case KeyType::kRsa1024:
      key = EVP_RSA_gen(1024);
      break;
    case KeyType::kRsa2048:
      key = EVP_RSA_gen(2048);
      break;
    case KeyType::kRsa2052:
      key = EVP_RSA_gen(2052);
      break;
    case KeyType::kRsa3072:
      key = EVP_RSA_gen(3072);
      break;
    case KeyType::kRsaPss2048: {
      crypto::EvpPkeyCtxPtr context(
          EVP_PKEY_CTX_new_from_name(nullptr, "RSA-PSS", nullptr));
      Require(EVP_PKEY_keygen_init(context.get()) == 1 &&
                  EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), 2048) == 1 &&
                  EVP_PKEY_generate(context.get(), &key) == 1,
              "RSA-PSS key");
      break;
    }
  }
  Require(key != nullptr, "key generation");
  return SharedKey(EvpPkeyPtr(key));
}

bool IsRsa(KeyType type) { return type >= KeyType::kRsa1024; }

SharedKey KeyOf(KeyType type) {
  if (!IsRsa(type)) return MakeKey(type);
  static Mutex* mutex = new Mutex;
  static auto* keys = new std::map<KeyType, SharedKey>;
  MutexLock lock(*mutex);
  SharedKey& key = (*keys)[type];
  if (key == nullptr) key = MakeKey(type);
  return key;
}

uint16_t DefaultKeyUsage(KeyType type) {
  if (type == KeyType::kEd25519 || type == KeyType::kEd448 ||
      type == KeyType::kRsaPss2048) {
    return kDigitalSignature;
  }
  return kDigitalSignature | (IsRsa(type) ? kKeyEncipherment : kKeyAgreement);
}

// --- Extensions

StringPtr MakeString(int type, absl::string_view bytes) {
  StringPtr string(ASN1_STRING_type_new(type));
  Require(string != nullptr &&
              ASN1_STRING_set(string.get(), bytes.data(), bytes.size()) == 1,
          "ASN1_STRING_set");
  return string;
}

ObjectPtr MakeObject(const std::string& oid) {
  ObjectPtr object(OBJ_txt2obj(oid.c_str(), /*no_name=*/1));
  Require(object != nullptr, "OBJ_txt2obj");
  return object;
}

// Takes over nothing.
void AddExtension(X509* certificate, int nid, void* value, bool critical) {
  Require(X509_add1_ext_i2d(certificate, nid, value, critical,
                            X509V3_ADD_APPEND) == 1,
          "X509_add1_ext_i2d");
}

// By OpenSSL's configuration syntax (x509v3_config).
void AddConfigured(X509* certificate, X509* issuer, int nid,
                   const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  ExtensionPtr extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  Require(extension != nullptr &&
              X509_add_ext(certificate, extension.get(), -1) == 1,
          value.c_str());
}

void AddRaw(X509* certificate, const Extension& extension) {
  StringPtr value = MakeString(V_ASN1_OCTET_STRING, extension.value);
  ObjectPtr object = MakeObject(extension.oid);
  ExtensionPtr made(X509_EXTENSION_create_by_OBJ(
      nullptr, object.get(), extension.critical, value.get()));
  Require(made != nullptr && X509_add_ext(certificate, made.get(), -1) == 1,
          "X509_add_ext");
}

void PushName(GENERAL_NAMES* names, int type, ASN1_STRING* text) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  Require(name != nullptr && sk_GENERAL_NAME_push(names, name) > 0,
          "GENERAL_NAME");
  GENERAL_NAME_set0_value(name, type, text);
}

void PushUtf8Mailbox(GENERAL_NAMES* names, absl::string_view text) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_TYPE* value = ASN1_TYPE_new();
  Require(name != nullptr && value != nullptr &&
              sk_GENERAL_NAME_push(names, name) > 0,
          "GENERAL_NAME");
  ASN1_TYPE_set(value, V_ASN1_UTF8STRING,
                MakeString(V_ASN1_UTF8STRING, text).release());
  Require(GENERAL_NAME_set0_othername(
              name, OBJ_nid2obj(NID_id_on_SmtpUTF8Mailbox), value) == 1,
          "GENERAL_NAME_set0_othername");
}

void AddSubjectAltName(X509* certificate, const CertificateOptions& options) {
  if (options.emails.empty() && options.utf8_emails.empty() &&
      options.dns_names.empty()) {
    return;
  }
  GeneralNamesPtr names(GENERAL_NAMES_new());
  for (const std::string& email : options.emails) {
    PushName(names.get(), GEN_EMAIL,
             MakeString(V_ASN1_IA5STRING, email).release());
  }
  for (const std::string& email : options.utf8_emails) {
    PushUtf8Mailbox(names.get(), email);
  }
  for (const std::string& name : options.dns_names) {
    PushName(names.get(), GEN_DNS,
             MakeString(V_ASN1_IA5STRING, name).release());
  }
  AddExtension(certificate, NID_subject_alt_name, names.get(),
               options.san_critical.value_or(options.empty_subject));
}

void AddKeyUsage(X509* certificate, uint16_t bits) {
  if (bits == 0) return;
  std::unique_ptr<ASN1_BIT_STRING, crypto::OpenSslFree<ASN1_BIT_STRING_free>>
      usage(ASN1_BIT_STRING_new());
  for (int i = 0; i < 16; ++i) {
    if (bits >> i & 1) ASN1_BIT_STRING_set_bit(usage.get(), i, 1);
  }
  AddExtension(certificate, NID_key_usage, usage.get(), /*critical=*/true);
}

void AddExtendedKeyUsage(X509* certificate,
                         const std::vector<std::string>& oids) {
  if (oids.empty()) return;
  crypto::ExtendedKeyUsagePtr usage(EXTENDED_KEY_USAGE_new());
  for (const std::string& oid : oids) {
    Require(sk_ASN1_OBJECT_push(usage.get(), MakeObject(oid).release()) > 0,
            "extKeyUsage");
  }
  AddExtension(certificate, NID_ext_key_usage, usage.get(), false);
}

void AddBasicConstraints(X509* certificate, bool ca,
                         std::optional<int> path_length) {
  crypto::BasicConstraintsPtr constraints(BASIC_CONSTRAINTS_new());
  constraints->ca = ca ? 0xff : 0;
  if (path_length.has_value()) {
    constraints->pathlen = ASN1_INTEGER_new();
    ASN1_INTEGER_set(constraints->pathlen, *path_length);
  }
  AddExtension(certificate, NID_basic_constraints, constraints.get(), true);
}

// "<prefix><one>,<prefix><two>".
std::string Joined(absl::string_view prefix,
                   const std::vector<std::string>& parts) {
  std::string joined;
  for (const std::string& part : parts) {
    absl::StrAppend(&joined, joined.empty() ? "" : ",", prefix, part);
  }
  return joined;
}

void AddNameConstraints(X509* certificate, const CertificateOptions& options) {
  std::vector<std::string> parts;
  for (const std::string& one : options.permitted_emails) {
    parts.push_back(absl::StrCat("permitted;email:", one));
  }
  for (const std::string& one : options.excluded_emails) {
    parts.push_back(absl::StrCat("excluded;email:", one));
  }
  if (parts.empty()) return;
  AddConfigured(certificate, nullptr, NID_name_constraints,
                absl::StrCat("critical,", Joined("", parts)));
}

void AddPolicies(X509* certificate, const std::vector<std::string>& oids) {
  if (oids.empty()) return;
  std::unique_ptr<CERTIFICATEPOLICIES,
                  crypto::OpenSslFree<CERTIFICATEPOLICIES_free>>
      policies(CERTIFICATEPOLICIES_new());
  for (const std::string& oid : oids) {
    POLICYINFO* policy = POLICYINFO_new();
    Require(policy != nullptr && sk_POLICYINFO_push(policies.get(), policy) > 0,
            "POLICYINFO");
    policy->policyid = MakeObject(oid).release();
  }
  AddExtension(certificate, NID_certificate_policies, policies.get(), false);
}

void AddExtensions(X509* certificate, X509* issuer, bool is_ca,
                   const CertificateOptions& options) {
  const bool claims_ca = options.ca.value_or(is_ca);
  if (is_ca || claims_ca || options.path_length.has_value()) {
    AddBasicConstraints(certificate, claims_ca, options.path_length);
  }
  AddKeyUsage(certificate, options.key_usage.value_or(
                               is_ca ? kKeyCertSign | kCrlSign
                                     : DefaultKeyUsage(options.key_type)));
  AddExtendedKeyUsage(
      certificate, options.extended_key_usage.value_or(
                       is_ca ? std::vector<std::string>()
                             : std::vector<std::string>{"1.3.6.1.5.5.7.3.4"}));
  AddSubjectAltName(certificate, options);
  AddNameConstraints(certificate, options);
  if (options.subject_key_id) {
    AddConfigured(certificate, issuer, NID_subject_key_identifier, "hash");
  }
  if (options.authority_key_id && X509_get0_subject_key_id(issuer) != nullptr) {
    AddConfigured(certificate, issuer, NID_authority_key_identifier,
                  "keyid:always");
  }
  AddPolicies(certificate, options.policies);
  if (!options.crl_urls.empty()) {
    AddConfigured(certificate, issuer, NID_crl_distribution_points,
                  Joined("URI:", options.crl_urls));
  }
  for (const Extension& extension : options.extensions) {
    AddRaw(certificate, extension);
  }
}

// --- Fields

void AddNameEntry(X509_NAME* name, int nid, absl::string_view text, int type) {
  Require(
      X509_NAME_add_entry_by_NID(
          name, nid, type, reinterpret_cast<const unsigned char*>(text.data()),
          text.size(), -1, 0) == 1,
      "X509_NAME_add_entry_by_NID");
}

void SetSubject(X509* certificate, const CertificateOptions& options) {
  X509_NAME* name = X509_get_subject_name(certificate);
  std::string common_name = options.common_name;
  if (common_name.empty()) {
    common_name = "Test";
    if (!options.emails.empty()) {
      common_name = options.emails[0].substr(0, options.emails[0].find('@'));
    }
  }
  if (!options.empty_subject) {
    AddNameEntry(name, NID_commonName, common_name.substr(0, 64),
                 V_ASN1_UTF8STRING);
  }
  for (const std::string& email : options.subject_emails) {
    AddNameEntry(name, NID_pkcs9_emailAddress, email, V_ASN1_IA5STRING);
  }
}

void SetSerial(X509* certificate, const CertificateOptions& options) {
  std::string bytes = options.serial;
  if (bytes.empty()) {
    bytes.resize(16);
    Require(RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()),
                       bytes.size()) == 1,
            "RAND_bytes");
    bytes[0] = static_cast<char>((bytes[0] & 0x7f) | 0x40);
  }
  crypto::BnPtr number(
      BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                bytes.size(), nullptr));
  BN_set_negative(number.get(), options.negative_serial);
  Require(BN_to_ASN1_INTEGER(number.get(),
                             X509_get_serialNumber(certificate)) != nullptr,
          "BN_to_ASN1_INTEGER");
}

void SetTimes(X509* certificate, const CertificateOptions& options) {
  Require(ASN1_TIME_adj(X509_getm_notBefore(certificate),
                        options.not_before_ms / 1000, 0, 0) != nullptr &&
              ASN1_TIME_adj(X509_getm_notAfter(certificate),
                            options.not_after_ms / 1000, 0, 0) != nullptr,
          "ASN1_TIME_adj");
}

// --- Signatures

const EVP_MD* DigestOf(EVP_PKEY* key, const CertificateOptions& options) {
  const int type = EVP_PKEY_get_base_id(key);
  if (type == EVP_PKEY_ED25519 || type == EVP_PKEY_ED448) return nullptr;
  switch (options.digest) {
    case Digest::kSha1:
      return EVP_sha1();
    case Digest::kSha224:
      return EVP_sha224();
    case Digest::kSha256:
      return EVP_sha256();
    case Digest::kSha384:
      return EVP_sha384();
    case Digest::kSha512:
      return EVP_sha512();
  }
  return nullptr;
}

void Sign(X509* certificate, EVP_PKEY* key, const CertificateOptions& options) {
  EvpMdCtxPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_context = nullptr;
  Require(EVP_DigestSignInit(context.get(), &key_context,
                             DigestOf(key, options), nullptr, key) == 1,
          "EVP_DigestSignInit");
  if (options.rsa_pss) {
    Require(
        EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING) == 1 &&
            EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context,
                                             RSA_PSS_SALTLEN_DIGEST) == 1,
        "RSASSA-PSS");
  }
  Require(X509_sign_ctx(certificate, context.get()) > 0, "X509_sign_ctx");
}

// The signature of `key` over `bytes`.
std::string SignBytes(absl::string_view bytes, EVP_PKEY* key,
                      const CertificateOptions& options) {
  EvpMdCtxPtr context(EVP_MD_CTX_new());
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  size_t length = 0;
  Require(EVP_DigestSignInit(context.get(), nullptr, DigestOf(key, options),
                             nullptr, key) == 1 &&
              EVP_DigestSign(context.get(), nullptr, &length, data,
                             bytes.size()) == 1,
          "EVP_DigestSign");
  std::string signature(length, '\0');
  Require(EVP_DigestSign(context.get(),
                         reinterpret_cast<unsigned char*>(signature.data()),
                         &length, data, bytes.size()) == 1,
          "EVP_DigestSign");
  signature.resize(length);
  return signature;
}

// Header and content of one DER element.
std::string Tlv(uint8_t tag, absl::string_view content) {
  std::string element(1, static_cast<char>(tag));
  if (content.size() < 0x80) {
    element += static_cast<char>(content.size());
  } else if (content.size() < 0x100) {
    element += {'\x81', static_cast<char>(content.size())};
  } else {
    element += {'\x82', static_cast<char>(content.size() >> 8),
                static_cast<char>(content.size())};
  }
  return absl::StrCat(element, content);
}

std::string PrivatePem(EVP_PKEY* key) {
  BioPtr out(BIO_new(BIO_s_mem()));
  Require(PEM_write_bio_PKCS8PrivateKey(out.get(), key, nullptr, nullptr, 0,
                                        nullptr, nullptr) == 1,
          "PEM_write_bio_PKCS8PrivateKey");
  char* text = nullptr;
  long length = BIO_get_mem_data(out.get(), &text);
  return std::string(text, length);
}

}  // namespace

struct TestCa::State {
  SharedKey key;
  X509Ptr certificate;
  std::string der;
  std::string pem;
  std::string private_key_pem;
  KeyHash key_hash;

  static std::shared_ptr<const State> Make(SharedKey key, X509Ptr certificate);
};

namespace {

// `issuer` and `issuer_key` null: self-signed with `key`.
X509Ptr Build(const CertificateOptions& options, bool is_ca, EVP_PKEY* key,
              X509* issuer, EVP_PKEY* issuer_key) {
  X509Ptr owned(X509_new());
  X509* certificate = owned.get();
  if (issuer == nullptr) {
    issuer = certificate;
    issuer_key = key;
  }
  Require(certificate != nullptr &&
              X509_set_version(certificate, options.version) == 1 &&
              X509_set_pubkey(certificate, key) == 1,
          "X509_new");
  SetSerial(certificate, options);
  SetTimes(certificate, options);
  SetSubject(certificate, options);
  Require(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1,
          "X509_set_issuer_name");
  if (options.version == 2) {
    AddExtensions(certificate, issuer, is_ca, options);
  }
  if (options.edit) options.edit(certificate);
  Sign(certificate, issuer_key, options);
  return owned;
}

// The signature is the last part of the certificate; its last byte is flipped.
std::string FinishedDer(const X509* certificate,
                        const CertificateOptions& options) {
  std::string der = DerOf(certificate);
  if (options.break_signature) der.back() ^= 1;
  return der;
}

// Decoded again, so that nothing remembers how it was built.
X509Ptr Parsed(const std::string& der) {
  absl::StatusOr<X509Ptr> parsed = ParseX509(der);
  Require(parsed.ok(), "ParseX509");
  return *std::move(parsed);
}

}  // namespace

std::shared_ptr<const TestCa::State> TestCa::State::Make(SharedKey key,
                                                         X509Ptr certificate) {
  auto state = std::make_shared<State>();
  state->key = std::move(key);
  state->der = DerOf(certificate.get());
  state->pem = CertificateToPem(state->der);
  state->private_key_pem = PrivatePem(state->key.get());
  state->key_hash = SubjectKeyHash(certificate.get());
  state->certificate = std::move(certificate);
  return state;
}

TestCa::TestCa(std::shared_ptr<const State> state) : state_(std::move(state)) {}

TestCa TestCa::Root(CertificateOptions options) {
  const CertificateOptions defaults;
  if (options.not_before_ms == defaults.not_before_ms) {
    options.not_before_ms = kNowMs - 365 * kDayMs;
  }
  if (options.not_after_ms == defaults.not_after_ms) {
    options.not_after_ms = kNowMs + 9 * 365 * kDayMs;
  }
  SharedKey key = KeyOf(options.key_type);
  X509Ptr root = Build(options, /*is_ca=*/true, key.get(), nullptr, nullptr);
  X509Ptr parsed = Parsed(FinishedDer(root.get(), options));
  return TestCa(State::Make(std::move(key), std::move(parsed)));
}

TestCa TestCa::IssueCa(CertificateOptions options) const {
  const CertificateOptions defaults;
  if (options.not_before_ms == defaults.not_before_ms) {
    options.not_before_ms = kNowMs - 365 * kDayMs;
  }
  if (options.not_after_ms == defaults.not_after_ms) {
    options.not_after_ms = kNowMs + 4 * 365 * kDayMs;
  }
  SharedKey key = KeyOf(options.key_type);
  X509Ptr ca = Build(options, /*is_ca=*/true, key.get(),
                     state_->certificate.get(), state_->key.get());
  X509Ptr parsed = Parsed(FinishedDer(ca.get(), options));
  return TestCa(State::Make(std::move(key), std::move(parsed)));
}

TestCertificate TestCa::Issue(CertificateOptions options) const {
  SharedKey key = KeyOf(options.key_type);
  X509Ptr leaf = Build(options, /*is_ca=*/false, key.get(),
                       state_->certificate.get(), state_->key.get());
  TestCertificate result;
  result.der = FinishedDer(leaf.get(), options);
  result.pem = CertificateToPem(result.der);
  result.private_key_pem = PrivatePem(key.get());
  return result;
}

std::string TestCa::SignTbs(absl::string_view tbs,
                            const CertificateOptions& options) const {
  // The algorithm identifier comes from a certificate signed the same way.
  X509Ptr pattern =
      Build(options, /*is_ca=*/false, KeyOf(options.key_type).get(),
            state_->certificate.get(), state_->key.get());
  unsigned char* raw = nullptr;
  int length = i2d_X509_ALGOR(X509_get0_tbs_sigalg(pattern.get()), &raw);
  crypto::OpenSslBytesPtr owned(raw);
  Require(length > 0, "i2d_X509_ALGOR");
  std::string signature = SignBytes(tbs, state_->key.get(), options);
  return Tlv(
      0x30,
      absl::StrCat(tbs, absl::string_view(reinterpret_cast<char*>(raw), length),
                   Tlv(0x03, std::string(1, '\0') + signature)));
}

const std::string& TestCa::der() const { return state_->der; }
const std::string& TestCa::pem() const { return state_->pem; }
const std::string& TestCa::private_key_pem() const {
  return state_->private_key_pem;
}
const KeyHash& TestCa::key_hash() const { return state_->key_hash; }

CertificateOptions PublicLeaf(absl::string_view email) {
  CertificateOptions options;
  options.emails = {std::string(email)};
  options.policies = {"2.23.140.1.5.1.2"};
  options.crl_urls = {"http://crl.example.org/issuing.crl"};
  return options;
}

}  // namespace sealbook::smime::testing
