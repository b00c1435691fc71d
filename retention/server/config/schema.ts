import { text, yesOrNo } from '../../../shared/config/kinds.ts'
import { key, live, type Schema, schemaOf, type Values } from '../../../shared/config/schema.ts'
import { drainKey, logKeys, metricsKey } from '../../../shared/web/config-keys.ts'
import { gcAccess } from '../../http/access-kind.ts'
import { signerKeys } from './signer-kind.ts'
import { targets } from './target-kind.ts'

const policyFile =
  'file with the policy; put in force when it is another one than was put in force from it before. None: as it was set with ibuild gc.'

/** Of sources that are looked after beside a registry. */
const others = {
  docker: {
    host: key(
      text,
      '',
      'Address of a Docker daemon whose images and volumes are looked after, such as unix:///var/run/docker.sock; none: no daemon.',
    ),
    policy: live(text, '', `For the daemon: ${policyFile}`),
  },
  store: {
    enabled: key(yesOrNo, false, 'Looks after the images that were built and pulled in the data folder.'),
    policy: live(text, '', `For these: ${policyFile}`),
  },
} as const

/** Of retention in the process of a registry, whose configuration has the rest. */
const beside = {
  enabled: key(
    yesOrNo,
    true,
    'Runs policies by their schedules, keeps images fresh that they name, and serves the API; false: what is in the trash stays there.',
  ),
  policy: live(text, '', `For the registry: ${policyFile}`),
  access: live(
    gcAccess,
    [],
    'Who may do what over the HTTP API: who (user:NAME, group:NAME, authenticated, anonymous), scopes, and repositories. None: nobody; whoever runs the server may do all over its socket.',
  ),
  signers: key(
    signerKeys,
    [],
    'Public keys by which images are signed as cosign does, and what signedBy of policies calls them: name, and keyFile (PEM).',
  ),
  ...others,
} as const

/** Of a process that has no registry in it. */
const alone = {
  root: key(
    text,
    '',
    'Data folder, unless --root or IBUILD_ROOT names one: what retention remembers is in its folder retention.',
  ),
  ...others,
  targets: key(
    targets,
    [],
    'Registries elsewhere whose policies are run from here, over their HTTP API: url, user and passwordFile, caFile, and cron with timezone, or everyMinutes.',
  ),
  log: logKeys,
  metrics: {
    enabled: metricsKey,
    listen: key(text, '', 'Address for /metrics and /healthz; none: neither is served.'),
  },
  insecure: {
    anonymousMetrics: key(yesOrNo, false, 'Allows everyone who reaches metrics.listen to read there, by plain HTTP.'),
  },
  shutdown: { drain: drainKey },
} as const

/** The configuration as the code has it: each value of the type of its kind. */
export type BesideConfig = Values<typeof beside>
/** Of `ibuild gc serve`. */
export type AloneConfig = Values<typeof alone>

export const besideSchema: Schema<BesideConfig> = schemaOf(beside)
export const aloneSchema: Schema<AloneConfig> = schemaOf(alone)
