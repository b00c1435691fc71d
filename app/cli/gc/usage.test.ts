import test from 'ava'
import { isIbuildError } from '../../../shared/base/errors.ts'
import { run } from '../../commands/gc.ts'

/** Words of a wrong command line, what the error must say, and what its hint. */
const rows: readonly (readonly [args: string, says: RegExp, hint?: RegExp])[] = [
  ['previw', /no command ibuild gc "previw"/, /Did you mean ibuild gc preview\?/],
  ['preview a b', /too many arguments/, /ibuild gc preview --help/],
  ['preview --bogus', /unknown option '--bogus'/],
  ['preview --source registri', /--source: there is no "registri"/, /Did you mean registry\?/],
  ['preview --source s3', /--source: there is no "s3"/, /registry, store, docker/],
  ['preview --host unix:///x', /--host goes with --source docker only/],
  ['status --source docker --config x', /--config goes with the registry only/],
  ['status --server https://x --config y', /--server and --config do not go together/],
  ['status --source docker --server https://x --host y', /--server and --host do not go together/],
  ['preview /nosuch/policy.yml', /\/nosuch\/policy\.yml cannot be read \(ENOENT\)/],
  ['plan --order newest', /--order: "newest" is none of oldest, leastRecentlyPulled/],
  ['run --order newest', /--order/],
  ['plans a b', /too many arguments/],
  ['apply', /missing required argument 'plan'/],
  ['explain', /missing required argument 'what'/],
  ['undo', /missing required argument 'id'/],
  ['history --limit 0', /--limit is a number from 1 to 1000, not "0"/],
  ['history --limit 1001', /--limit is a number from 1 to 1000/],
  ['trash --limit many', /--limit is a number from 1 to 100000, not "many"/],
  ['trash bogus', /no command ibuild gc trash "bogus"/],
  ['trash purge --all 1', /--all and IDs do not go together/],
  ['audit --after -1', /--after: "-1" is not the number of a line/],
  ['in-use --for 2h', /--for goes with a report/],
  ['in-use node1', /which images does node1 run\?/],
  ['in-use node1 sha256:x --for ever', /--for: expected an age such as 12h or 30d, found "ever"/],
  ['mirror a b', /too many arguments/],
  ['status --server ftp://x', /--server: "ftp:\/\/x" is not the address of a registry/, /https:\/\/HOST/],
  ['status --server https://x/v2', /is not the address of a registry/],
  ['policy shw', /no command ibuild gc policy "shw"/, /policy show/],
  ['policy set', /missing required argument 'file'/],
  ['policy set /nosuch', /\/nosuch cannot be read/],
  ['policy check', /missing required argument 'file'/],
  ['policy show one', /"one" is not the number of a version/, /ibuild gc policy versions/],
  ['policy show --diff one', /"one" is not the number of a version/],
  ['policy revert -- -1', /"-1" is not the number of a version/],
  ['policy import-sherdock /nosuch', /\/nosuch cannot be read/],
]

for (const [args, says, hint = /./] of rows) {
  test(`ibuild gc ${args}`, async (t) => {
    const error = await t.throwsAsync(run(args.split(' ')))
    if (!isIbuildError(error, 'USAGE')) return t.fail(String(error))
    t.regex(error.message, says)
    t.regex(error.hint ?? '', hint)
    return t.is(error.exitCode, 2)
  })
}
