import { aloneReader } from '../../../retention/server/config/read.ts'
import { yamlText } from '../../../shared/config/yaml-text.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { printNotice } from '../registry-client.ts'
import { processHost } from '../serve/process-host.ts'
import { writeLines } from '../write-lines.ts'
import { connectTarget } from './connect-target.ts'
import { loadServeConfig, type ServeGcFlags } from './load-serve-config.ts'

const help = `
For a Docker daemon, for the images that were built here, and for the policies of registries
elsewhere; ibuild serve runs those of its own registry. SIGHUP reads the file and those of policies
again; SIGTERM lets a run stop between two items.

What is removed from a Docker daemon, or of the images built here, cannot come back: nobody asks
before a run that the schedule of a policy begins.
  docker: { host: unix:///var/run/docker.sock, policy: docker.yml }
  targets: [{ url: https://registry.example.org, user: gc, passwordFile: pw, everyMinutes: 60 }]`

/** `ibuild gc serve` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('gc serve', 'Run policies by their schedules where no registry runs')
    .option('--config <file>', 'YAML file with the configuration (default: IBUILD_RETENTION_CONFIG)')
    .option('--check-config', 'print the configuration that would be in force, and do not serve')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  const { options: flags } = parseArguments<ServeGcFlags>(parser, argv)
  const load = (): ReturnType<typeof loadServeConfig> => loadServeConfig(flags, process.env)
  if (flags.checkConfig === true) {
    await writeLines([yamlText(aloneReader.plain((await load()).config))])
    return 0
  }
  const { serveRetention } = await import('../../serve/serve-retention.ts')
  const host = {
    ...processHost(),
    connect: (target: Parameters<typeof connectTarget>[0]) => connectTarget(target, printNotice),
  }
  return serveRetention(load, host)
}
