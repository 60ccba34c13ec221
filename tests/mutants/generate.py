#!/usr/bin/env python3
"""Rewrites C++ sources so that each of their checks can be switched off.

  generate.py --checks checks.tsv --out FOLDER [--honest FILE]... FILE...
      [--random random_tests.txt --tests FILE...]

Each FILE is written to FOLDER under its own path, and every check that it
makes goes through a numbered switch of switch.h. checks.tsv names them: number,
file, line, enclosing function, kind, text. Lines stay where they were.

A check is what ends in a refusal: a status that a call to one of REFUSALS
makes. Where a refusal stands in none of the forms below, this program fails
and names it, so that no check goes by unnoticed:

  when   if (A || B) return Refuse(...);        each of A and B; with braces,
         if (A) reader.Fail(...);               where the refusal is one
                                                statement of several, too
  unless if (A && B) return OkStatus();         each of A and B, where the
         return Refuse(...);                    next statement refuses
  status SEALBOOK_RETURN_IF_ERROR(Check(a));    its error is lost
         return CheckThat(a);
  truth  return A && B;                         in PREDICATES: each of them
  other  default: reader.Fail(...);             what no case is for

SEALBOOK_ASSIGN_OR_RETURN is left alone: without it there is no value to go on
with, and what failed has a switch of its own. So is what stands behind a switch
statement that returns: without it, the function would return nothing.

random_tests.txt gets the tests in FILEs that draw a seed of their own.

A --honest file is a prover's: its functions run with every check on, so that
what is missed is missed by the verifier.
"""

import argparse
import collections
import os
import re
import sys

# Calls that make a refusal. Errors of the machine (OpenSslError of kInternal)
# judge nothing.
REFUSALS = re.compile(
    r'\b(?:\w*Refuse|refuse|Contradiction|CountMismatch|'
    r'absl\s*::\s*\w+Error|UnsupportedCipherSuite|OpenSslError|'
    r'Withheld|Fail)\s*\(')
MACHINE = re.compile(
    r'OpenSslError\s*\(\s*absl\s*::\s*StatusCode\s*::\s*kInternal')
MACHINE_CHECKS = re.compile(r'^(?:\w+ == nullptr|(?:P256Multiply\w*|Respond)\(.*)$',
                            re.S)
# Assignments that are a search's negative outcome.
OUTCOMES = re.compile(r'=\s*FixedVersionResult\s*::\s*k(?:DoesNotExist|Expired)')
# Where no value at all is how a function refuses.
NOTHING = re.compile(r'^return\s+(?:std\s*::\s*nullopt|false)\s*;$')
NOTHING_REFUSES = ('crypto/edwards25519.cc', 'crypto/p256_field.cc')
# Functions that say whether something is as it has to be.
PREDICATES = ('InScalarRange', 'IsEdwardsScalar', 'IsCanonical')
# Where a refusal is none of a check's, and why.
NO_CHECK = {
    ('crypto/ecvrf_ed25519.cc', 'EncodeToCurve'): 'one input in 2^256',
    ('crypto/ecvrf_p256.cc', 'EncodeToCurve'): 'one input in 2^256',
    ('keytrans/update_algorithm.cc', 'Timestamp'): 'nobody calls it',
    ('client/directory_client.cc', 'TooMuchToHold'): 'of memory, not of proofs',
    ('client/verify_exchange.cc', 'NameTimes'): 'says the same in more words',
}
# Calls whose status is returned as it is.
TAIL_CALLS = re.compile(
    r'^return\s+(?:Check\w+|SetPrefixRoot|consumer\.Finish)\s*\(')

Token = collections.namedtuple('Token', 'text start end')
Check = collections.namedtuple('Check', 'file line function kind text')

TOKEN = re.compile(
    r'(?P<skip>\s+|//[^\n]*|/\*.*?\*/)'
    r'|(?P<raw>R"(?P<delim>[^(\s]*)\(.*?\)(?P=delim)")'
    r'|(?P<string>"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\')'
    r'|(?P<word>\w+(?:\'\w+)*)'
    r'|(?P<sign>::|->|\|\||&&|<=>|[<>=!]=|.)',
    re.S)
OPENING = {'(': ')', '{': '}', '[': ']'}


class SourceError(Exception):
    pass


def tokenize(text):
    tokens = []
    at = 0
    while at < len(text):
        if text[at] == '#' and text[:at].rpartition('\n')[2].strip() == '':
            while True:  # A directive, with its continued lines.
                end = text.find('\n', at)
                end = len(text) if end < 0 else end + 1
                continued = text[at:end].rstrip('\n').endswith('\\')
                at = end
                if not continued:
                    break
            continue
        match = TOKEN.match(text, at)
        if not match.group('skip'):
            tokens.append(Token(match.group(), match.start(), match.end()))
        at = match.end()
    return tokens


class Source:
    """One file, and the edits that are to be made to it."""

    def __init__(self, name, text, first_number):
        self.name = name
        self.text = text
        self.tokens = tokenize(text)
        self.partner = self._match()
        self.checks = []
        self.covered = set()  # Token indices of refusals behind a switch.
        self.edits = []
        self.first_number = first_number

    def _match(self):
        partner = {}
        stack = []
        for i, token in enumerate(self.tokens):
            if token.text in OPENING:
                stack.append(i)
            elif token.text in OPENING.values():
                opened = stack.pop()
                if OPENING[self.tokens[opened].text] != token.text:
                    raise SourceError(f'{self.name}:{self.line(token.start)}: '
                                      f'unmatched {token.text}')
                partner[opened] = i
        return partner

    def line(self, offset):
        return self.text.count('\n', 0, offset) + 1

    def span(self, first, last):
        """The text of tokens [first, last)."""
        return self.text[self.tokens[first].start:self.tokens[last - 1].end]

    def words(self, first, last):
        """The same in one line, without comments."""
        out = ''
        for i in range(first, last):
            token = self.tokens[i]
            if i > first and self.tokens[i - 1].end < token.start:
                out += ' '
            out += token.text
        return out

    # --- Statements ---

    def end_of_statement(self, i):
        """One past the statement that begins at token i."""
        text = self.tokens[i].text
        if text == '{':
            return self.partner[i] + 1
        if text in ('case', 'default'):
            while self.tokens[i].text != ':':
                i += 1
            return self.end_of_statement(i + 1)
        if text in ('if', 'for', 'while', 'switch'):
            i += 1
            if self.tokens[i].text == 'constexpr':
                i += 1
            i = self.end_of_statement(self.partner[i] + 1)
            if text == 'if' and self.tokens[i].text == 'else':
                i = self.end_of_statement(i + 1)
            return i
        if text == 'do':
            i = self.end_of_statement(i + 1)
        while self.tokens[i].text != ';':
            i = self.partner.get(i, i) + 1
        return i + 1

    def statements(self, first, last):
        """[(first, last)] of the statements in tokens [first, last)."""
        out = []
        while first < last:
            if self.tokens[first].text in ('case', 'default'):
                while self.tokens[first].text != ':':
                    first += 1
                first += 1
                continue
            end = self.end_of_statement(first)
            out.append((first, end))
            first = end
        return out

    def refuses(self, first, last):
        """Whether the statement, not one inside of it, refuses."""
        if self.tokens[first].text in ('{', 'if', 'for', 'while', 'switch',
                                       'do'):
            return False
        words = self.words(first, last)
        if NOTHING.match(words) and self.name in NOTHING_REFUSES:
            return True
        if OUTCOMES.search(words):
            return True
        simple = words.startswith('return ') or re.match(
            r'[\w.]*\b(?:Fail|Update)\s*\(', words)
        return bool(simple and REFUSALS.search(words) and
                    not MACHINE.search(words) and
                    not re.match(r'return\s*\[', words))

    def cover(self, first, last):
        self.covered.update(range(first, last))

    # --- Edits ---

    def add(self, kind, first, last, function):
        text = self.words(first, last)
        same = sum(c.function == function and
                   re.sub(r' \(\d+\)$', '', c.text) == text
                   for c in self.checks)
        if same:
            text += f' ({same + 1})'
        self.checks.append(Check(self.name, self.line(self.tokens[first].start),
                                 function, kind, text))
        return self.first_number + len(self.checks) - 1

    def switch(self, kind, first, last, function):
        """Puts tokens [first, last) behind a switch."""
        if MACHINE_CHECKS.match(self.words(first, last)):
            return
        call = {'when': 'Fires', 'unless': 'Holds', 'truth': 'Holds',
                'status': 'Checked'}[kind]
        number = self.add(kind, first, last, function)
        self.edits.append((self.tokens[first].start,
                           f'::sealbook::mutants::{call}({number}, '))
        self.edits.append((self.tokens[last - 1].end, ')'))

    def switch_each(self, kind, first, last, operator, function):
        """Each operand of a condition that `operator` joins."""
        depth_first = first
        i = first
        other = '&&' if operator == '||' else '||'
        ends = []
        while i < last:
            text = self.tokens[i].text
            if text in ('?', other):  # Binds otherwise: one check.
                ends = []
                break
            if text == operator:
                ends.append(i)
            i = self.partner.get(i, i) + 1
        for end in ends + [last]:
            self.switch(kind, depth_first, end, function)
            depth_first = end + 1

    def condition(self, i):
        """The condition of the `if` at token i, without its init-statement:
        first and last token, and one past its parenthesis."""
        first = i + 1
        if self.tokens[first].text == 'constexpr':
            first += 1
        last = self.partner[first]
        start = first + 1
        j = start
        while j < last:
            if self.tokens[j].text == ';':
                start = j + 1
            j = self.partner.get(j, j) + 1
        return start, last, last + 1

    def visit_statements(self, first, last, function):
        found = self.statements(first, last)
        for k, (begin, end) in enumerate(found):
            following = found[k + 1] if k + 1 < len(found) else None
            self.visit(begin, end, following, function)
            if (following is not None and self.tokens[begin].text == 'switch'
                    and self.tokens[following[0]].text == 'return'):
                # Without it, there is nothing to return.
                self.cover(*following)

    def visit(self, first, last, following, function):
        text = self.tokens[first].text
        if text == '{':
            self.visit_statements(first + 1, last - 1, function)
        elif text == 'if':
            self.visit_if(first, last, following, function)
        elif text in ('for', 'while', 'switch'):
            body = self.partner[first + 1] + 1
            self.visit(body, last, None, function)
        elif text == 'SEALBOOK_RETURN_IF_ERROR':
            self.switch('status', first + 2, self.partner[first + 1], function)
        elif TAIL_CALLS.match(self.words(first, last)):
            self.switch('status', first + 1, last - 1, function)
            self.cover(first, last)
        elif function.rpartition('::')[2] in PREDICATES and text == 'return':
            self.switch_each('truth', first + 1, last - 1, '&&', function)
        elif (text != 'return' and self.refuses(first, last) and
              first not in self.covered):
            number = self.add('other', first, last, function)
            self.edits.append((self.tokens[first].start,
                               f'if (::sealbook::mutants::Fires({number}, '
                               'true)) '))
            self.cover(first, last)
        else:
            self.visit_lambdas(first, last, function)

    def visit_lambdas(self, first, last, function):
        """The bodies of lambdas in a statement. One that only makes a refusal
        is named by REFUSALS, and what it makes is behind its callers' checks."""
        i = first
        while i < last:
            if self.tokens[i].text == '{' and self.is_body(first, i):
                end = self.partner[i]
                if re.match(r'(?:const )?auto refuse = \[',
                            self.words(first, last)):
                    self.cover(first, last)
                else:
                    self.visit_statements(i + 1, end, function + '::lambda')
                i = end
            i += 1

    def is_body(self, first, i):
        """Whether the brace at token i begins a lambda's body."""
        j = i - 1
        while j > first and re.match(r'\w+$|::$', self.tokens[j].text):
            j -= 1
        if self.tokens[j].text == '->':  # Its type.
            return self.tokens[j - 1].text == ')'
        return self.tokens[i - 1].text in (')', ']', 'const', 'mutable')

    def visit_if(self, first, last, following, function):
        start, stop, body = self.condition(first)
        body_end = self.end_of_statement(body)
        inner = ([(body, body_end)] if self.tokens[body].text != '{' else
                 self.statements(body + 1, body_end - 1))
        refusing = [s for s in inner if self.refuses(*s)]
        has_else = body_end < last
        if refusing:
            self.switch_each('when', start, stop, '||', function)
            for statement in refusing:
                self.cover(*statement)
        elif (following is not None and self.refuses(*following) and
              not has_else and inner and self.tokens[inner[-1][0]].text in
              ('return', 'continue', 'break')):
            self.switch_each('unless', start, stop, '&&', function)
            self.cover(*following)
        self.visit(body, body_end, None, function)
        if has_else:
            self.visit(body_end + 1, last, None, function)

    def visit_scope(self, first, last):
        """Declarations: of the file, a namespace or a class."""
        head = first
        i = first
        while i < last:
            text = self.tokens[i].text
            if text == '{':
                words = self.words(head, i)
                end = self.partner[i]
                name = function_name(words)
                if re.search(r'\b(?:namespace|class|struct)\b[^()=]*$', words):
                    self.visit_scope(i + 1, end)
                elif REFUSALS.fullmatch(name.rpartition('::')[2] + '('):
                    self.cover(head, end)  # It makes them for others.
                elif (self.name, name) in NO_CHECK:
                    self.cover(i, end)
                elif name and '=' not in words.split(name)[0]:
                    self.visit_statements(i + 1, end, name)
                i = end
                head = i + 1
            elif text == ';':
                head = i + 1
            elif text in ('(', '['):
                i = self.partner[i]
            i += 1

    def escaped(self):
        """Refusals that no switch covers."""
        out = []
        for match in REFUSALS.finditer(self.text):
            index = next((i for i, t in enumerate(self.tokens)
                          if t.start <= match.start() < t.end), None)
            if index is None or self.tokens[index].start < match.start():
                continue  # In a comment or a string.
            if index in self.covered or MACHINE.match(self.text, match.start()):
                continue
            out.append((self.line(match.start()), match.group()))
        return out

    def rewritten(self):
        edits = sorted(enumerate(self.edits), key=lambda e: (e[1][0], e[0]))
        out = []
        at = 0
        for _, (offset, text) in edits:
            out.append(self.text[at:offset])
            out.append(text)
            at = offset
        out.append(self.text[at:])
        return ''.join(out)


def function_name(words):
    """Of a function's head; empty when it is none."""
    words = re.sub(r'\)\s*:\s.*$', ')', words)
    match = re.search(r'([\w:~]+)\s*\(', words)
    return match.group(1) if match else ''


def with_switches(name, text, first_number):
    """(rewritten text, [Check]); raises SourceError for a refusal without."""
    source = Source(name, text, first_number)
    source.visit_scope(0, len(source.tokens))
    escaped = source.escaped()
    if escaped:
        raise SourceError('\n'.join(
            f'{name}:{line}: no known form of check is around {what}...)'
            for line, what in escaped))
    include = '#include "tests/mutants/switch.h"\n#line 1 "%s"\n' % name
    return include + source.rewritten(), source.checks


def honest(name, text):
    """The text with a suspension of all mutants in each function."""
    source = Source(name, text, 0)
    bodies = []
    source.visit_statements = lambda first, last, function: bodies.append(first)
    source.visit_scope(0, len(source.tokens))
    for first in bodies:
        source.edits.append((source.tokens[first - 1].end,
                             ' ::sealbook::mutants::Suspended suspended;'))
    include = '#include "tests/mutants/switch.h"\n#line 1 "%s"\n' % name
    return include + source.rewritten()


def random_tests(text):
    """Suite.Name of each test that draws another seed each time."""
    found = []
    for part in re.split(r'^(?=TEST)', text, flags=re.M)[1:]:
        suite, name = re.match(r'TEST\w*\(\s*(\w+)\s*,\s*(\w+)', part).groups()
        if 'random_device' in part.partition('\n}\n')[0]:
            found.append(f'{suite}.{name}')
    return found


def write(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as out:
        out.write(text)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--checks', required=True)
    parser.add_argument('--out', required=True)
    parser.add_argument('--honest', action='append', default=[])
    parser.add_argument('--random')
    parser.add_argument('--tests', nargs='*', default=[])
    parser.add_argument('files', nargs='+')
    args = parser.parse_args()
    checks = []
    errors = []
    for name in args.files:
        with open(name, encoding='utf-8') as source:
            text = source.read()
        if name in args.honest:
            write(args.out, name, honest(name, text))
            continue
        try:
            rewritten, found = with_switches(name, text, len(checks))
        except SourceError as error:
            errors.append(str(error))
            continue
        checks += found
        write(args.out, name, rewritten)
    if errors:
        sys.exit('\n'.join(errors))
    if args.random:
        with open(args.random, 'w', encoding='utf-8') as out:
            for name in args.tests:
                with open(name, encoding='utf-8') as source:
                    out.writelines(t + '\n' for t in random_tests(source.read()))
    with open(args.checks, 'w', encoding='utf-8') as out:
        for number, check in enumerate(checks):
            out.write('\t'.join([str(number), check.file, str(check.line),
                                 check.function, check.kind, check.text]) +
                      '\n')


if __name__ == '__main__':
    main()
