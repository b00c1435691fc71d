import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MissRow } from './miss-row.ts'

const run = (line: string, ...before: string[]): string[] => ['FROM busybox', ...before, line]

/** Misses of RUN steps. */
export const runRows: readonly MissRow[] = [
  {
    name: 'an ARG',
    dockerfile: [run('RUN true', 'ARG V=1')],
    flags: [[], ['--build-arg', 'V=2']],
    line: 'ARG V 1 -> 2',
  },
  {
    name: 'an ENV',
    dockerfile: [run('RUN true', 'ENV A=1'), run('RUN true', 'ENV A="2 3"')],
    line: 'ENV A 1 -> "2 3"',
  },
  { name: 'a new ENV', dockerfile: [run('RUN true'), run('RUN true', 'ENV B=x')], line: 'ENV B added: x' },
  { name: 'an ENV less', dockerfile: [run('RUN true', 'ENV B=x'), run('RUN true')], line: 'ENV B removed (was x)' },
  {
    name: 'several variables',
    dockerfile: [run('RUN true', 'ENV A=1 B=1 C=1'), run('RUN true', 'ENV A=2 B=2 C=2')],
    line: 'ENV A 1 -> 2; also ENV B, ENV C',
  },
  {
    name: 'the order of variables',
    dockerfile: [run('RUN true', 'ENV A=1 B=1'), run('RUN true', 'ENV B=1 A=1')],
    line: 'order of ENV and ARG changed',
  },
  {
    name: 'a secret',
    dockerfile: [run('RUN true', 'ARG API_TOKEN')],
    flags: [
      ['--build-arg', 'API_TOKEN=hunter2-one'],
      ['--build-arg', 'API_TOKEN=hunter2-two'],
    ],
    line: 'ARG API_TOKEN changed (value not shown)',
  },
  {
    name: 'a secret that is new',
    dockerfile: [run('RUN true', 'ARG API_TOKEN')],
    flags: [[], ['--build-arg', 'API_TOKEN=hunter2-two']],
    line: 'ARG API_TOKEN added (value not shown)',
  },
  {
    name: 'a password in a URL',
    dockerfile: [run('RUN true', 'ARG URL')],
    flags: [
      ['--build-arg', 'URL=https://me:hunter2-one@host/x'],
      ['--build-arg', 'URL=https://me:hunter2-two@host/x'],
    ],
    line: 'ARG URL changed (value not shown)',
  },
  {
    name: 'the host of a URL with a password',
    dockerfile: [run('RUN true', 'ARG URL')],
    flags: [
      ['--build-arg', 'URL=https://me:hunter2-one@host/x'],
      ['--build-arg', 'URL=https://me:hunter2-one@other/x'],
    ],
    line: 'ARG URL https://***@host/x -> https://***@other/x',
  },
  {
    name: 'a value that repeats a secret',
    dockerfile: [run('RUN true', 'ARG API_TOKEN', 'ENV LINE="x $API_TOKEN"')],
    flags: [
      ['--build-arg', 'API_TOKEN=hunter2-one'],
      ['--build-arg', 'API_TOKEN=hunter2-two'],
    ],
    line: 'ARG API_TOKEN changed (value not shown); also ENV LINE',
  },
  {
    name: 'a command with a password in a URL, after another such one',
    dockerfile: [
      run('RUN echo https://me:hunter2-one@host/', 'RUN echo https://me:hunter2-one@host/ >/f'),
      run('RUN echo https://me:hunter2-two@host/', 'RUN echo https://me:hunter2-two@host/ >/f'),
    ],
    titlesTell: true,
    line: 'command changed (value not shown); also the layers below',
  },
  {
    name: 'the command',
    dockerfile: [run('RUN echo one'), run('RUN echo two')],
    line: 'command changed: "echo one" -> "echo two"',
  },
  {
    name: 'a long command',
    dockerfile: [run(`RUN echo ${'x '.repeat(80)}one y`), run(`RUN echo ${'x '.repeat(80)}two y`)],
    line: 'command changed: "...x x x x one y" -> "...x x x x two y"',
  },
  {
    name: 'the form of a command',
    dockerfile: [run('RUN echo one'), run('RUN ["echo", "one"]')],
    line: 'command changed: "/bin/sh -c echo one" -> "echo one"',
  },
  {
    name: 'a heredoc script',
    dockerfile: [
      run('RUN <<E', 'ENV A=1').concat('#!/bin/sh', 'echo 1', 'E'),
      run('RUN <<E', 'ENV A=1').concat('#!/bin/sh', 'echo 2', 'E'),
    ],
    line: 'heredoc script changed',
  },
  { name: 'the user', dockerfile: [run('RUN true'), run('RUN true', 'USER app')], line: 'user root -> app' },
  {
    name: 'the network',
    dockerfile: [run('RUN true')],
    flags: [[], ['--network', 'none']],
    line: 'network default -> none',
  },
  {
    name: 'hosts',
    dockerfile: [run('RUN true')],
    flags: [[], ['--add-host', 'a:1.2.3.4']],
    line: '--add-host (none) -> a:1.2.3.4',
  },
  {
    name: 'a limit',
    dockerfile: [run('RUN true')],
    flags: [
      ['--memory', '256m'],
      ['--memory', '512m'],
    ],
    line: 'limits memory=268435456 -> memory=536870912',
  },
  {
    name: 'the host name',
    dockerfile: [run('RUN true')],
    flags: [[], ['--build-arg', 'BUILDKIT_SANDBOX_HOSTNAME=mine']],
    line: 'host name buildkitsandbox -> mine',
  },
  {
    name: 'a variable of the base image',
    files: { 'base/Dockerfile': 'FROM busybox\nENV A=1\n' },
    dockerfile: [['FROM base:1', 'RUN true']],
    between: async ({ space, context }) => {
      writeFileSync(join(context, 'base/Dockerfile'), 'FROM busybox\nENV A=2\n')
      await space.ok(['-t', 'base:1', join(context, 'base')])
    },
    line: 'ENV A of the base image base:1 1 -> 2',
  },
]
