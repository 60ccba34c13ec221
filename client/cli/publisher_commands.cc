// The commands for publishers, and for answers in files.
#include "client/cli/commands.h"
#include "client/cli/publish.h"
#include "client/cli/revoke.h"
#include "client/cli/verify.h"
#include "client/crl_reason.h"

namespace sealbook::client {

void CommandLine::AddConnection(CLI::App* command,
                                PublisherConnection& connection, bool& json) {
  command
      ->add_option("--server", connection.server,
                   "The directory's server for publishers")
      ->required()
      ->type_name("HOST:PORT");
  command
      ->add_option("--ca", connection.ca_file,
                   "PEM bundle of the CAs of the server's TLS certificate "
                   "[default: those of this system]")
      ->type_name("FILE");
  command
      ->add_option("--cert", connection.certificate_file,
                   "The publisher's TLS certificate, PEM")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--key", connection.key_file,
                   "Its private key, PEM, readable by nobody else")
      ->required()
      ->type_name("FILE");
  AddCommon(command, connection.timeout_s, json);
}

void CommandLine::AddPublish() {
  CLI::App* command = Add(
      "publish", "Publishes certificates (for certificate authorities)",
      [this] { return RunPublish(publish_, terminal_); },
      "  sealbook publish alice.pem --server directory.example.org:8444 \\\n"
      "      --cert publisher.pem --key publisher-key.pem --basis contract\n"
      "  # A whole folder; what is refused goes to a file. Interrupted, the "
      "same\n"
      "  # command goes on where it stopped. A rerun is always safe.\n"
      "  sealbook publish issued/ --report refused.jsonl \\\n"
      "      --server localhost:8444 --ca ca.pem --cert p.pem --key "
      "p-key.pem\n"
      "  # What would be refused? Nothing is written.\n"
      "  sealbook publish issuing-ca.pem leaves.p7b --dry-run --json \\\n"
      "      --server localhost:8444 --ca ca.pem --cert p.pem --key "
      "p-key.pem\n"
      "  # Your own address: the log proves that just this was created, and "
      "`sealbook\n"
      "  # watch` knows of it (after `sealbook configure`).\n"
      "  sealbook publish me.pem --as-owner --server localhost:8444 \\\n"
      "      --ca ca.pem --cert p.pem --key p-key.pem\n");
  command
      ->add_option("FILE", publish_.files,
                   "Certificates: PEM, DER, PKCS#7 without signatures, or "
                   "folders of them; those that issued others of them go "
                   "along as intermediates")
      ->required();
  command->add_option("--reason", publish_.reason, "Why: issued or renewed")
      ->check(CLI::IsMember({"issued", "renewed"}))
      ->default_str("issued");
  command->add_option("--basis", publish_.basis, "On what ground")
      ->check(CLI::IsMember(
          {"consent", "contract", "organization-policy", "already-public"}));
  command
      ->add_option("--address", publish_.addresses,
                   "Publish under this address only (of one certificate; may "
                   "be repeated) [default: all of the certificate's]")
      ->type_name("ADDRESS")
      ->take_all()
      ->expected(1);
  command->add_flag("--dry-run", publish_.dry_run,
                    "Have everything judged, and write nothing");
  command
      ->add_option("--journal", publish_.journal_file,
                   "Do not send what FILE says was acknowledged, and add to "
                   "it. It may always be removed: the server knows what it "
                   "has [default: from 1,000 certificates on a file in the "
                   "state's folder, removed when everything was answered]")
      ->type_name("FILE");
  command
      ->add_option("--report", publish_.report_file,
                   "Write what was not published and why to a new file, as "
                   "JSON lines")
      ->type_name("FILE");
  command->add_flag("--as-owner", publish_.as_owner,
                    "The addresses are the user's own: create all versions of "
                    "an address together, verify the log's proof of it, and "
                    "count them as confirmed for `sealbook watch`");
  command
      ->add_option("--state", publish_.state,
                   "For --as-owner: the folder of what is remembered [default: "
                   "as for lookup]")
      ->type_name("DIR");
  command->add_flag("--list", publish_.list,
                    "Print a line for each address even if there are more than "
                    "100 certificates");
  AddConnection(command, publish_.connection, publish_.json);
}

void CommandLine::AddRevoke() {
  CLI::App* command = Add(
      "revoke", "Revokes published certificates (for certificate authorities)",
      [this] { return RunRevoke(revoke_, terminal_); },
      "  sealbook revoke alice.pem --reason keyCompromise \\\n"
      "      --server directory.example.org:8444 \\\n"
      "      --cert publisher.pem --key publisher-key.pem\n"
      "  # As it stands in the CA's list:\n"
      "  sealbook revoke --serial 4f:00:1c --issuer issuing-ca.pem \\\n"
      "      --reason certificateHold --server localhost:8444 --ca ca.pem \\\n"
      "      --cert p.pem --key p-key.pem\n"
      "  # A hold is lifted by `--reason removeFromCRL`.\n");
  command->add_option("FILE", revoke_.files,
                      "Certificates: PEM, DER, PKCS#7 without signatures, or "
                      "folders of them");
  command
      ->add_option("--sha256", revoke_.sha256,
                   "SHA-256 of a certificate (may be repeated)")
      ->type_name("HEX")
      ->take_all()
      ->expected(1);
  command
      ->add_option("--serial", revoke_.serials,
                   "Serial number of a certificate (may be repeated)")
      ->type_name("HEX")
      ->take_all()
      ->expected(1);
  command
      ->add_option("--issuer", revoke_.issuer_file,
                   "Certificate of the CA that issued the serial numbers")
      ->type_name("FILE");
  command
      ->add_option("--reason", revoke_.reason,
                   "Why (RFC 5280, 5.3.1). A key that is revoked for "
                   "keyCompromise never comes back; only certificateHold can "
                   "be lifted, by removeFromCRL")
      ->required()
      ->check(CLI::IsMember(CrlReasonNames()));
  AddConnection(command, revoke_.connection, revoke_.json);
}

void CommandLine::AddVerify() {
  CLI::App* command = Add(
      "verify", "Verifies an answer from files, without a network",
      [this] { return RunVerify(verify_, terminal_); },
      "  # Of the log that this user's state trusts:\n"
      "  sealbook verify --from answer --entry\n"
      "  sealbook verify --from answer --configuration configuration.tls\n"
      "  sealbook verify --configuration configuration.tls --operation search "
      "\\\n"
      "      --request request.tls --response response.tls --now "
      "1767225600000\n"
      "  # The request advertised a tree: the view of it is needed, too.\n"
      "  sealbook verify --configuration configuration.tls --operation search "
      "\\\n"
      "      --request request.tls --response absence.tls --absence \\\n"
      "      --view view.tls --now \"$(cat time)\"\n");
  AddVerifyFiles(command);
  command
      ->add_option("--now", verify_.now_ms,
                   "The time to verify at, milliseconds since the Unix epoch "
                   "[default: with --from its file `time`, else the clock]")
      ->type_name("MS");
  command->add_flag("--entry", verify_.entry,
                    "Decode the value as a DirectoryEntry of Sealbook");
  command->add_flag("--json", verify_.json, "Print one JSON document");
}

void CommandLine::AddVerifyFiles(CLI::App* command) {
  command
      ->add_option(
          "--from", verify_.from,
          "A folder that `lookup --export` wrote, or evidence: request and "
          "response. Its configuration counts if a state trusts it, its "
          "view.tls only as --view")
      ->type_name("DIR");
  command
      ->add_option("--configuration", verify_.configuration_file,
                   "The Configuration of the log that is trusted, TLS-encoded")
      ->type_name("FILE");
  command->add_option("--operation", verify_.operation, "What was asked for")
      ->check(CLI::IsMember({"search", "history", "as-of", "distinguished",
                             "contact-monitor", "owner-init", "owner-monitor",
                             "update"}));
  command
      ->add_option("--owner", verify_.owner_file,
                   "The OwnerState that an owner-monitor or update request "
                   "advertised")
      ->type_name("FILE");
  command
      ->add_option("--keys", verify_.keys_file,
                   "The keys that were retained, for contact-monitor")
      ->type_name("FILE");
  command
      ->add_option("--request", verify_.request_file,
                   "The SearchRequest, TLS-encoded")
      ->type_name("FILE");
  command
      ->add_option("--response", verify_.response_file,
                   "The SearchResponse, TLS-encoded; with --absence an "
                   "AbsenceResponse")
      ->type_name("FILE");
  command->add_flag("--absence", verify_.absence,
                    "The response is an AbsenceResponse");
  command
      ->add_option("--view", verify_.view_file,
                   "The TreeView that the request advertised (view.tls of an "
                   "export)")
      ->type_name("FILE");
  command
      ->add_option("--state", verify_.state,
                   "A folder with that view: as view.tls, or a client's state. "
                   "With --from the client's state that trusts the log "
                   "[default: as for lookup]")
      ->type_name("DIR");
}

}  // namespace sealbook::client
