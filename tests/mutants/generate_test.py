#!/usr/bin/env python3
"""Tests of generate.py: on small sources, and on those of the verifier.

  generate_test.py FILE...    the sources of crypto/, merkle/, keytrans/, and
                              what judges an answer in client/
"""

import importlib.machinery
import importlib.util
import os
import sys
import unittest


def load():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                        'generate.py')
    loader = importlib.machinery.SourceFileLoader('generate', path)
    spec = importlib.util.spec_from_loader('generate', loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


generate = load()
SOURCES = sys.argv[1:]


def checks(body, function='F', file='a.cc'):
    """[(kind, text)] in a function with this body."""
    text = 'namespace a {\nabsl::Status %s(int a) {\n%s\n}\n}\n' % (function,
                                                                  body)
    _, found = generate.with_switches(file, text, 0)
    return [(c.kind, c.text) for c in found]


class FormsTest(unittest.TestCase):

    def test_finds_an_if_that_refuses(self):
        self.assertEqual(
            checks('if (a < 0)\n  return Refuse(kX, "b; }");'
                   'if (a > 9) { return absl::InvalidArgumentError("c"); }'
                   'return absl::OkStatus();'),
            [('when', 'a < 0'), ('when', 'a > 9')])

    def test_switches_each_alternative_by_itself(self):
        self.assertEqual(
            checks('if (a < 0 || (a > 9 && b) || f(a || b)) return Refuse(x);'
                   'return Ok();'),
            [('when', 'a < 0'), ('when', '(a > 9 && b)'),
             ('when', 'f(a || b)')])
        self.assertEqual(
            checks('if (a && b || c) return Refuse(x); return Ok();'),
            [('when', 'a && b || c')])

    def test_finds_a_refusal_behind_what_is_accepted(self):
        self.assertEqual(
            checks('if (a && b) return Ok();\nreturn Refuse(x);'),
            [('unless', 'a'), ('unless', 'b')])
        self.assertEqual(
            checks('for (int i : l) { if (i) continue; return Refuse(x); }'
                   'return Ok();'), [('unless', 'i')])

    def test_finds_lost_errors(self):
        self.assertEqual(
            checks('SEALBOOK_RETURN_IF_ERROR(\n    g(a, b));'
                   'return CheckMore(a);'),
            [('status', 'g(a, b)'), ('status', 'CheckMore(a)')])

    def test_finds_what_no_case_is_for(self):
        self.assertEqual(
            checks('switch (a) { case 1: break; default: r.Fail("x"); return b;'
                   '} return Ok();'), [('other', 'r.Fail("x");')])

    def test_finds_refusals_that_are_recorded(self):
        self.assertEqual(
            checks('if (a) { status_.Update(absl::NotFoundError("")); b(); }'),
            [('when', 'a')])

    def test_leaves_init_statements_alone(self):
        self.assertEqual(checks('if (int b = f(); b < 0) return Refuse(x);'),
                         [('when', 'b < 0')])

    def test_switches_each_requirement_of_a_predicate(self):
        self.assertEqual(checks('return a == 1 && b;', 'IsCanonical'),
                         [('truth', 'a == 1'), ('truth', 'b')])

    def test_numbers_checks_of_the_same_words(self):
        self.assertEqual(
            checks('if (a) return Refuse(x); if (a) return Refuse(y);'),
            [('when', 'a'), ('when', 'a (2)')])

    def test_leaves_errors_of_the_machine_alone(self):
        self.assertEqual(
            checks('if (a) return OpenSslError(absl::StatusCode::kInternal, "");'
                   'return Ok();'), [])

    def test_leaves_lambdas_alone_that_only_make_a_refusal(self):
        for head in ('auto', 'const auto'):
            self.assertEqual(
                checks(head + ' refuse = [&](int b) { return Refuse(kX, b); };'
                       'if (a) return refuse(1); return Ok();'),
                [('when', 'a')])

    def test_finds_checks_in_lambdas(self):
        for head in ('[&](int b)', '[&](int b) -> absl::Status'):
            self.assertEqual(
                checks('return Retry(' + head + ' { if (b) return Refuse(x);'
                       'return Ok(); });'), [('when', 'b')])

    def test_finds_no_checks_in_comments(self):
        self.assertEqual(
            checks('// if (a) return Refuse(x);\n/* return Refuse(y); */ b();'),
            [])

    def test_fails_where_it_does_not_know_the_form(self):
        for body in ('return a ? Ok() : Refuse(x);', 'b(Refuse(x));',
                     'return Refuse(x);',
                     'while (a) { b(); return Refuse(x); }',
                     'if (a) return Ok(); b(); return Refuse(x);'):
            with self.assertRaisesRegex(generate.SourceError,
                                        'no known form of check'):
                checks(body)

    def test_keeps_the_lines(self):
        text = 'void F() {\n  if (a ||\n      b)\n    return Refuse(x);\n}\n'
        rewritten, found = generate.with_switches('a.cc', text, 7)
        self.assertEqual(
            rewritten,
            '#include "tests/mutants/switch.h"\n#line 1 "a.cc"\n'
            'void F() {\n  if (::sealbook::mutants::Fires(7, a) ||\n'
            '      ::sealbook::mutants::Fires(8, b))\n'
            '    return Refuse(x);\n}\n')
        self.assertEqual([c.line for c in found], [2, 3])

    def test_makes_provers_honest(self):
        self.assertIn('void F() { ::sealbook::mutants::Suspended suspended;',
                      generate.honest('a.cc', 'void F() { g(); }'))


# Of each file, about nine tenths of the checks that it had when it was last
# looked at. A file that is rewritten may need another number, not one that is
# only formatted anew.
FLOORS = {
    'client/directory_client.cc': 2,
    'client/entry.cc': 6,
    'client/gossip/distinguished_client.cc': 1,
    'client/history_client.cc': 6,
    'client/lookup_answers.cc': 1,
    'client/verify_exchange.cc': 7,
    'client/watch/monitor_contacts.cc': 13,
    'client/watch/still_proven.cc': 3,
    'crypto/ecdsa_p256.cc': 6,
    'crypto/ecvrf_ed25519.cc': 4,
    'crypto/ecvrf_p256.cc': 3,
    'crypto/ed25519.cc': 3,
    'crypto/ed25519_key.cc': 1,
    'crypto/edwards25519.cc': 11,
    'crypto/p256.cc': 4,
    'crypto/p256_field.cc': 2,
    'crypto/p256_key.cc': 10,
    'keytrans/algorithms.cc': 12,
    'keytrans/audit_structures.cc': 2,
    'keytrans/auditor.cc': 10,
    'keytrans/configuration.cc': 6,
    'keytrans/credential_structures.cc': 3,
    'keytrans/credential_verifier.cc': 10,
    'keytrans/distinguished_structures.cc': 3,
    'keytrans/history_algorithms.cc': 24,
    'keytrans/history_structures.cc': 5,
    'keytrans/history_verifier.cc': 21,
    'keytrans/monitor_algorithms.cc': 17,
    'keytrans/monitor_structures.cc': 8,
    'keytrans/monitor_verifier.cc': 45,
    'keytrans/owner_state.cc': 9,
    'keytrans/proof_consumer.cc': 19,
    'keytrans/search_ladder.cc': 8,
    'keytrans/shown_tree.cc': 1,
    'keytrans/structure_codec.cc': 4,
    'keytrans/structures.cc': 4,
    'keytrans/tls_codec.cc': 6,
    'keytrans/tree_view.cc': 7,
    'keytrans/update_algorithm.cc': 11,
    'keytrans/update_structures.cc': 7,
    'keytrans/verification.cc': 23,
    'keytrans/verifier.cc': 12,
    'merkle/log_tree.cc': 12,
    'merkle/prefix_proof.cc': 17,
}


# Refuse things as well, but no answers.
OTHERS = (
    # A log's own keys.
    'crypto/key_file.cc',
    'crypto/key_store.cc',
    'crypto/private_key_pem.cc',
    'crypto/random.cc',
    # A log's own trees and answers.
    'keytrans/history_prover.cc',
    'keytrans/monitor_prover.cc',
    'keytrans/proof_recorder.cc',
    'keytrans/prover.cc',
    'keytrans/proving.cc',
    'merkle/page.cc',
    'merkle/page_reader.cc',
    'merkle/prefix_insert.cc',
    'merkle/prefix_lookup.cc',
    'merkle/subtree_editor.cc',
    # Makes credentials of one's own answers.
    'keytrans/credential_maker.cc',
    # Makes refusals for all.
    'keytrans/refusal.cc',
)


class VerifierTest(unittest.TestCase):

    def test_finds_the_checks_of_the_verifier(self):
        for name, floor in FLOORS.items():
            with open(name, encoding='utf-8') as source:
                _, found = generate.with_switches(name, source.read(), 0)
            self.assertGreaterEqual(len(found), floor, name)

    def test_knows_every_source_that_refuses(self):
        self.assertGreater(len(SOURCES), len(FLOORS) + len(OTHERS))
        for name in SOURCES:
            with open(name, encoding='utf-8') as file:
                source = generate.Source(name, file.read(), 0)
            source.visit_scope(0, len(source.tokens))
            if source.checks or source.escaped():
                self.assertIn(name, [*FLOORS, *OTHERS])


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
