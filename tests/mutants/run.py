#!/usr/bin/env python3
"""Switches every check off in turn; each time, a test has to fail.

  run.py TESTS CHECKS.tsv RANDOM_TESTS.txt equivalent.txt [NUMBER...]

Prints for each check the first test that noticed, or that the check stands in
equivalent.txt. Fails for a check that nobody misses, and for an entry of
equivalent.txt whose check is missed, or is no more. With NUMBERs, only these
checks are looked at, and what their tests print is shown.
"""

import collections
import concurrent.futures
import os
import re
import resource
import subprocess
import sys
import tempfile

Check = collections.namedtuple('Check', 'number file line function kind text')

# A check that is off may let a loop go on, or a count through to an allocation.
SECONDS = 60
BYTES = 4 << 30


def read_checks(path):
    with open(path, encoding='utf-8') as lines:
        fields = [line.rstrip('\n').split('\t') for line in lines]
    return [Check(int(f[0]), f[1], int(f[2]), *f[3:]) for f in fields]


def read_equivalent(path):
    """{(file, function, text)} from paragraphs of "in:", "check:", "why:"."""
    found = {}
    with open(path, encoding='utf-8') as lines:
        text = ''.join(l for l in lines if not l.startswith('#'))
    for paragraph in filter(None, re.split(r'\n\s*\n', text.strip())):
        match = re.fullmatch(r'in: (\S+) (\S+)\ncheck: (.*)\nwhy: (.+)',
                             re.sub(r'\n\s+', ' ', paragraph))
        if not match:
            sys.exit(f'{path}: not an entry:\n{paragraph}')
        file, function, check, why = match.groups()
        found[(file, function, check)] = why
    return found


def limit():
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(binary, tests, off=None, fired=None):
    """(exit code, output) of the named tests; a negative code is a signal."""
    environment = dict(os.environ)
    for name in ('XML_OUTPUT_FILE', 'TEST_PREMATURE_EXIT_FILE'):
        environment.pop(name, None)
    if off is not None:
        environment['SEALBOOK_CHECK_OFF'] = str(off)
    if fired is not None:
        environment['SEALBOOK_FIRED'] = fired
    try:
        done = subprocess.run(
            [binary, '--gtest_filter=' + tests, '--gtest_fail_fast',
             '--gtest_brief=0', '--gtest_color=no',
             '--gtest_catch_exceptions=0'],
            env=environment, preexec_fn=limit, timeout=SECONDS,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    except subprocess.TimeoutExpired as error:
        return None, (error.stdout or b'').decode(errors='replace')
    return done.returncode, done.stdout.decode(errors='replace')


class Suite:
    """The tests, and which checks refused something in which of them."""

    def __init__(self, binary, random):
        self.binary = binary
        self.tests_of = collections.defaultdict(list)
        with open(random, encoding='utf-8') as lines:
            skipped = ''.join(f':*{line.strip()}*' for line in lines)
        with tempfile.TemporaryDirectory() as folder:
            fired = os.path.join(folder, 'fired')
            code, output = run(binary, '*-' + skipped[1:], fired=fired)
            if code != 0:
                sys.exit(output + '\nwith all checks on, the tests fail')
            with open(fired, encoding='utf-8') as lines:
                rows = [line.rstrip('\n').split('\t') for line in lines]
        self.count = len(rows)
        # One that is about refusals, and meets few checks, says most about each.
        for name, *checks in sorted(
                rows, key=lambda r: ('Refuses' not in r[0], len(r))):
            for check in checks:
                self.tests_of[int(check)].append(name)

    def notices(self, check, show):
        """The first test that fails without the check, and how; or nothing."""
        for name in self.tests_of[check.number]:
            code, output = run(self.binary, name, off=check.number)
            if show:
                print(output)
            if code == 0:
                continue
            if code is None:
                return f'{name} (does not end)'
            return name if code > 0 else f'{name} (signal {-code})'
        return None


def describe(check):
    return (f'{check.number:3} {check.file}:{check.line} '
            f'{check.function}: {check.text}')


def main():
    binary, checks, random, equivalent = sys.argv[1:5]
    only = {int(number) for number in sys.argv[5:]}
    checks = [c for c in read_checks(checks) if not only or c.number in only]
    equivalent = read_equivalent(equivalent)
    suite = Suite(os.path.abspath(binary), random)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        noticed = list(pool.map(lambda c: suite.notices(c, bool(only)), checks))
    faults = []
    for check, test in zip(checks, noticed):
        key = (check.file, check.function, check.text)
        reason = equivalent.pop(key, None)
        print(describe(check))
        print(f'      {test or reason or "NOBODY MISSES IT"}')
        if test is None and reason is None:
            faults.append(f'{describe(check)}\n      no test misses it; '
                          f'{len(suite.tests_of[check.number])} see it refuse')
        elif test is not None and reason is not None:
            faults.append(f'{describe(check)}\n      is in equivalent.txt, but '
                          f'{test} misses it')
    folders = {check.file.partition('/')[0] for check in checks}
    if not only:
        faults += [f'{" ".join(key)}\n      is in equivalent.txt, but there is '
                   'no such check' for key in equivalent
                   if key[0].partition('/')[0] in folders]
    print(f'\n{len(checks)} checks, {sum(t is not None for t in noticed)} of '
          f'them missed by a test; {suite.count} tests')
    if faults:
        sys.exit('\n' + '\n'.join(faults))


if __name__ == '__main__':
    main()
