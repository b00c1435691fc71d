/** One folder of the house. Keys of the table are folders with all that is below them; `x/*` is the folder alone. */
export interface Room {
  /** Folders of which its files may import anything. Its own is always allowed. */
  readonly imports: readonly string[]
  /** Folders of which it may import types only. */
  readonly types?: readonly string[]
}

export interface ImportTable {
  readonly rooms: Readonly<Record<string, Room>>
  /** Third-party packages of the product: only one file imports each, and it lies in this folder. */
  readonly doorways: Readonly<Record<string, string>>
  /** Packages that only tests, scripts and benchmarks import. */
  readonly tools: readonly string[]
  /** Modules of Node and uses of `process` that belong to some folders, besides tests. A trailing dot-star is any member. */
  readonly reserved: Readonly<Record<string, readonly string[]>>
  /** The rooms that share; a file in shared/ is there because two of them use it. */
  readonly sharers: readonly string[]
  /** Files in shared/ that one room uses so far, and the room that does not exist yet for which they lie there. */
  readonly waiting: Readonly<Record<string, string>>
  /** Folders of shared/ that are doorways, however many rooms use them. */
  readonly unshared: readonly string[]
}

const inBuilder = (room: string): string => `builder/${room}`
const inNotary = (room: string): string => `notary/${room}`
const inRetention = (room: string): string => `retention/${room}`
const inRegistry = (room: string): string => `registry/${room}`
/** The library is for programs that have arguments, an environment and outputs of their own. */
const command = [
  ...['cli', 'commands', 'index', 'progress', '*'].map((part) => `app/${part}`),
  'e2e',
  'scripts',
  'bench',
]

/** The one table of who may import what; docs/architecture.md draws it. */
export const importTable: ImportTable = {
  rooms: {
    'shared/base': { imports: [] },
    'shared/sys': { imports: ['shared/base'] },
    'shared/oci': { imports: ['shared/base'] },
    'shared/crypto': { imports: [] },
    'shared/net': { imports: ['shared/base', 'shared/crypto'] },
    'shared/cas': { imports: ['shared/base', 'shared/sys'] },
    'shared/rows': { imports: ['shared/base', 'shared/cas'] },
    'shared/audit': { imports: ['shared/base', 'shared/rows'] },
    'shared/config': { imports: ['shared/base', 'shared/net'] },
    'shared/log': { imports: ['shared/base'] },
    'shared/metrics': { imports: [] },
    'shared/web': { imports: ['shared'] },
    'builder/dockerfile': { imports: ['shared'] },
    'builder/exec': { imports: ['shared'] },
    'builder/layers': { imports: ['shared'] },
    'builder/context': { imports: ['shared', 'builder/layers'] },
    'builder/copy': { imports: ['shared', 'builder/layers', 'builder/context'] },
    'builder/explain': { imports: ['shared', 'builder/layers', 'builder/context', 'builder/copy'] },
    'builder/store': { imports: ['shared', 'builder/layers'] },
    'builder/analyze': { imports: ['shared', 'builder/layers'] },
    'builder/squash': { imports: ['shared', 'builder/layers', 'builder/store'], types: ['builder/plan'] },
    'builder/export': {
      imports: ['shared', 'builder/layers', 'builder/store', 'builder/squash', 'builder/dockerfile', 'builder/plan'],
      types: ['builder/*'],
    },
    'builder/transfer': {
      imports: ['shared', 'builder/layers', 'builder/store', 'builder/squash', 'builder/export'],
      types: ['builder/*'],
    },
    'builder/remote': {
      imports: ['shared', 'builder/layers', 'builder/store', 'builder/transfer'],
      types: ['builder/*', 'builder/plan'],
    },
    'builder/plan': { imports: ['shared', 'builder/dockerfile'], types: ['builder/exec'] },
    'builder/solve': {
      imports: [
        'shared',
        ...['dockerfile', 'plan', 'exec', 'layers', 'context', 'copy', 'store', 'squash', 'explain'].map(inBuilder),
      ],
      types: ['builder/*'],
    },
    'builder/container': {
      imports: ['shared', ...['plan', 'layers', 'store', 'squash', 'solve'].map(inBuilder)],
    },
    'builder/*': { imports: ['shared', 'builder'] },
    'registry/protocol': { imports: ['shared/base', 'shared/oci'] },
    'registry/storage': { imports: ['shared'] },
    'registry/service': { imports: ['shared', 'registry/protocol', 'registry/storage'] },
    'registry/fsck': { imports: ['shared', 'registry/protocol', 'registry/storage', 'registry/service'] },
    'registry/scrub': { imports: ['shared', 'registry/storage', 'registry/service', 'registry/fsck/testing'] },
    'registry/http': {
      imports: ['shared', 'registry/protocol', 'registry/service/testing'],
      types: ['registry/service', 'registry/storage'],
    },
    'registry/events': { imports: ['shared', 'registry/storage'], types: ['registry/service'] },
    'registry/adopt': {
      imports: ['shared/base', 'shared/oci', 'shared/rows', ...['protocol', 'storage', 'service'].map(inRegistry)],
    },
    'registry/export': { imports: ['shared', ...['protocol', 'storage', 'service'].map(inRegistry)] },
    'registry/access': { imports: ['shared', ...['protocol', 'service', 'http'].map(inRegistry)] },
    'registry/token': {
      imports: ['shared', ...['access', 'protocol', 'storage', 'service', 'http'].map(inRegistry)],
    },
    'registry/gc': { imports: ['shared/base', 'shared/rows', ...['protocol', 'storage', 'service'].map(inRegistry)] },
    'registry/inventory': {
      imports: [
        'shared/base',
        'shared/oci',
        'shared/rows',
        ...['protocol', 'storage', 'service', 'gc'].map(inRegistry),
      ],
    },
    'registry/gate': {
      imports: ['shared', ...['protocol', 'storage', 'service', 'http/testing'].map(inRegistry)],
      types: ['registry/http'],
    },
    'registry/server': {
      imports: [
        'shared',
        ...[
          'gate',
          'scrub',
          'gc',
          'inventory',
          'access',
          'token',
          'events',
          'adopt',
          'export',
          'protocol',
          'storage',
          'service',
          'http',
        ].map(inRegistry),
      ],
    },
    'registry/backup': { imports: ['shared', ...['protocol', 'storage', 'service'].map(inRegistry)] },
    'registry/doctor': {
      imports: ['shared', ...['storage', 'service', 'server'].map(inRegistry)],
      types: ['registry/client'],
    },
    'registry/client': { imports: ['shared', 'registry/protocol'] },
    'notary/tuf': { imports: ['shared/base'] },
    'notary/tuf/testing': { imports: ['shared/base', 'shared/crypto', 'notary/tuf'] },
    'notary/verifier': { imports: ['shared/base', 'notary/tuf'] },
    'notary/policy': { imports: ['shared/base', 'shared/config', 'notary/tuf', 'notary/verifier'] },
    'notary/keys': { imports: ['shared/base', 'shared/cas', 'shared/crypto', 'notary/tuf'] },
    'notary/cosign': { imports: ['shared/base', 'shared/oci', 'notary/tuf', 'notary/keys'] },
    'notary/client': {
      imports: ['shared/base', 'shared/cas', 'shared/net', ...['tuf', 'verifier', 'keys'].map(inNotary)],
    },
    'notary/store': { imports: ['shared/base', 'shared/rows', 'shared/audit', 'notary/tuf'] },
    'notary/service': { imports: ['shared/base', 'shared/rows', ...['tuf', 'store', 'verifier'].map(inNotary)] },
    'notary/http': {
      imports: ['shared/base', 'shared/web', 'notary/tuf', 'notary/service'],
      types: ['shared/log', 'notary/store'],
    },
    'notary/signer': {
      imports: ['shared', ...['tuf', 'keys', 'service/testing'].map(inNotary)],
      types: ['notary/service'],
    },
    'notary/server': {
      imports: ['shared', ...['tuf', 'verifier', 'store', 'service', 'signer', 'http'].map(inNotary)],
    },
    'retention/*': { imports: ['shared/base'] },
    'retention/policy': { imports: ['shared/base', 'shared/config', 'retention/*'] },
    'retention/decide': { imports: ['shared/base', 'retention/policy', 'retention/*'] },
    'retention/state': {
      imports: ['shared/base', 'shared/rows', 'shared/audit', 'retention/*'],
      types: ['retention/run', 'retention/decide'],
    },
    'retention/run': { imports: ['shared', ...['policy', 'decide', 'state', '*'].map(inRetention)] },
    'retention/schedule': {
      imports: ['shared/base', ...['policy', 'state', 'testing', '*'].map(inRetention)],
      types: ['shared/log', 'retention/run'],
    },
    'retention/server': {
      imports: ['shared', 'retention/schedule', 'retention/http', 'retention/*'],
      types: ['retention/policy', 'retention/run'],
    },
    'retention/mirror': {
      imports: ['shared/base', ...['policy', 'state', 'testing', '*'].map(inRetention)],
      types: ['shared/log'],
    },
    'retention/http': {
      imports: ['shared', ...['policy', '*'].map(inRetention)],
      types: ['retention/run', 'retention/decide'],
    },
    'retention/testing': { imports: ['retention/*', 'retention/run/testing'] },
    'app/adapters': { imports: ['shared', 'builder', 'registry', 'notary', 'retention', 'app/listing'] },
    'app/serve': { imports: ['shared', 'registry', 'notary', 'retention', 'app/adapters'] },
    'app/listing': { imports: ['shared', 'builder'] },
    'app/transfer': { imports: ['shared', 'builder', 'registry/client', 'app/adapters'] },
    'app/library': {
      imports: ['shared', 'builder', 'registry/client', 'app/listing', 'app/adapters', 'app/transfer', 'app/trust'],
    },
    'app/trust': { imports: ['shared', 'notary', 'app/adapters'], types: ['builder/*'] },
    app: { imports: ['shared', 'builder', 'registry', 'notary', 'retention'] },
    'e2e/testing': { imports: ['shared'] },
    e2e: { imports: ['shared', 'builder', 'registry', 'notary', 'retention', 'app', 'scripts'] },
    scripts: {
      imports: [
        'shared/base',
        'shared/config',
        'registry/fsck',
        'registry/server',
        'notary/server',
        'retention/server',
        'e2e/testing',
      ],
    },
    bench: { imports: ['shared', 'builder', 'registry', 'notary', 'retention', 'app', 'e2e', 'scripts'] },
  },
  doorways: {
    '@koa/router': 'shared/web',
    '@noble/ciphers': 'notary/keys',
    '@node-rs/bcrypt': 'registry/access',
    commander: 'app',
    jose: 'registry/token',
    koa: 'shared/web',
    koffi: 'shared/sys',
    level: 'shared/rows',
    'log-update': 'app',
    minimatch: 'shared/base',
    croner: 'retention/schedule',
    'node-forge': 'shared/crypto',
    pino: 'shared/log',
    'prom-client': 'shared/metrics',
    re2js: 'retention/policy',
    semver: 'retention/decide',
    'string-width': 'app',
    'tar-stream': 'builder/export',
    undici: 'shared/net',
    'xz-decompress': 'builder/layers',
    yaml: 'shared/config',
  },
  tools: ['@sigstore/bundle', '@sigstore/verify', 'ava', 'esbuild', 'fast-check', 'oxc-parser'],
  reserved: {
    'node:child_process': ['shared/sys', 'builder/exec', 'e2e', 'scripts', 'bench'],
    'node:process': [],
    'process.': command, // a member that is computed
    'process.dlopen': [],
    'process.binding': [],
    'process.argv': command,
    'process.env': command,
    'process.exit': command,
    'process.exitCode': command,
    'process.stdin': command,
    'process.stdout': command,
    'process.stderr': command,
    'console.*': command,
  },
  sharers: ['builder', 'registry', 'notary', 'retention', 'app'],
  waiting: {},
  unshared: ['shared/sys'],
}
