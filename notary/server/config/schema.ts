import { age, choice, duration, size, text, yesOrNo } from '../../../shared/config/kinds.ts'
import { key, live, type Schema, schemaOf, type Values } from '../../../shared/config/schema.ts'
import {
  anonymousMetricsKey,
  certificateKeys,
  connectionKeys,
  drainKey,
  headersKey,
  logKeys,
  metricsKey,
  plainHttpKey,
  trustedProxiesKey,
} from '../../../shared/web/config-keys.ts'

const day = 86_400_000

/** Of an address without a port. */
export const usualPort = 4443

/** What can be configured of the notary wherever it runs. The order is that of the documentation and of what `--check-config` prints. */
const beside = {
  listen: key(
    text,
    '127.0.0.1:4443',
    'Address and port; port 0 takes a free one, no address means all of this machine, off that none is served.',
  ),
  tls: {
    mode: key(
      choice('auto', 'files', 'off'),
      'auto',
      'auto: an own CA and a certificate for tls.names; files: those below. Stock clients want TLS.',
    ),
    ...certificateKeys,
  },
  insecure: {
    plainHttp: plainHttpKey,
    anonymousPublish: key(
      yesOrNo,
      false,
      'Allows everyone who reaches the address to publish, to rotate keys and to delete collections.',
    ),
    anonymousMetrics: anonymousMetricsKey,
  },
  trustedProxies: trustedProxiesKey,
  signer: {
    mode: key(
      choice('local', 'remote'),
      'local',
      'local: keys that sign are in the data folder, locked; remote: they are at signer.address, and this process has none.',
    ),
    keyFile: key(
      text,
      '',
      'File of 32 bytes or more that lock the keys; without it and signer.passphraseFile the environment variable IBUILD_NOTARY_SIGNER_PASSPHRASE, or notary/signer/signer.key of the data folder, which is made.',
    ),
    passphraseFile: key(text, '', 'File with a passphrase that locks the keys, in one line.'),
    type: key(choice('ed25519', 'ecdsa'), 'ed25519', 'Type of new keys.'),
    address: key(text, '', 'HOST:PORT of ibuild notary signer serve, for signer.mode remote.'),
    ca: key(text, '', 'PEM file with the CA of its certificate: no other is believed.'),
    certificate: key(text, '', 'PEM file with the certificate that is shown to it.'),
    key: key(text, '', 'PEM file with the private key of that.'),
  },
  expiry: {
    timestamp: key(age, 14 * day, 'How long a timestamp is good for; it is renewed when half of that is over.'),
    snapshot: key(age, 3 * 365 * day, 'How long a snapshot is good for that is signed here.'),
  },
  retention: {
    time: key(
      age,
      day,
      'How long files stay that newer ones replaced, for clients that learnt their names before. Roots stay.',
    ),
    size: key(size, 64 * 2 ** 20, 'Bytes of all such files of one collection; the newest stay.'),
  },
  audit: {
    time: key(age, 400 * day, 'How long the log stays of who published, rotated keys and deleted.'),
    size: key(size, 64 * 2 ** 20, 'Bytes of that log; the newest entries stay.'),
  },
  storage: {
    durability: key(
      choice('strict', 'group', 'relaxed'),
      'group',
      'What is on the disk before a publish is acknowledged: each by itself, those of the same moment together, or nothing.',
    ),
  },
  cache: {
    current: live(
      duration,
      300_000,
      'How long others may keep files that the next publish replaces; 0 for not at all.',
    ),
    consistent: live(age, 30 * day, 'How long others may keep files that are asked for by hash or version.'),
  },
  limits: {
    ...connectionKeys,
    stalledRead: live(duration, 300_000, 'Time in which a client must take an answer.'),
    uploadSize: key(size, 64 * 2 ** 20, 'All files of one publish together.'),
    uploadMemory: key(size, 192 * 2 ** 20, 'Memory for publishes that are being read, of all clients together.'),
  },
  headers: headersKey,
  requests: live(
    choice('none', 'failures', 'changes', 'all'),
    'changes',
    'Requests that are told in the log at level info: those that failed for a reason of the server, also those that change something, or all.',
  ),
  metrics: {
    enabled: metricsKey,
    listen: key(
      text,
      '',
      'Address for /metrics and /_notary_server/health; else /metrics answers direct calls from this machine only.',
    ),
  },
} as const

/** What there is besides for a notary that runs alone. */
const alone = {
  root: key(
    text,
    '',
    'Data folder, unless --root or IBUILD_ROOT names one. The notary keeps all in its folder notary.',
  ),
  log: logKeys,
  shutdown: {
    drain: drainKey,
  },
} as const

/** The configuration as the code has it: each value of the type of its kind. */
export type NotaryConfig = Values<typeof beside>
/** Of a notary that runs alone. */
export type AloneConfig = NotaryConfig & Values<typeof alone>

export const notarySchema: Schema<NotaryConfig> = schemaOf(beside)
export const aloneSchema: Schema<AloneConfig> = schemaOf({ ...beside, ...alone })
