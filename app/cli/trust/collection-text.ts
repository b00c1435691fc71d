import { releases } from '../../../notary/client/plans/signers.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { type DescribedCollection, type DescribedRole, owner } from '../../trust/describe.ts'
import { formatTable } from '../table.ts'

/** What a collection says, for people, in docker's order: tags, signers, keys of the owner; then when what ends. */
export function collectionText(collection: DescribedCollection): string {
  return [tagsText(collection), signersText(collection), ownerText(collection), rolesText(collection)]
    .filter((part) => part !== '')
    .join('\n')
}

function tagsText({ name, tags }: DescribedCollection): string {
  if (tags.length === 0) return `No signatures for ${name}\n`
  const rows = tags.map((tag) => [
    sanitize(tag.name),
    tag.digest,
    tag.signers.map((name) => (name === owner ? `(${name})` : name)).join(', '),
  ])
  return `Signatures for ${name}\n\n${formatTable([['SIGNED TAG', 'DIGEST', 'SIGNERS'], ...rows])}`
}

function signersText({ name, roles }: DescribedCollection): string {
  const rows = roles.filter(isSigner).map((role) => [role.name.slice('targets/'.length), shortKeys(role)])
  return rows.length === 0
    ? ''
    : `List of signers and their keys for ${name}\n\n${formatTable([['SIGNER', 'KEYS'], ...rows])}`
}

function ownerText({ name, roles }: DescribedCollection): string {
  const line = (label: string, role: string): string =>
    `  ${`${label} Key:`.padEnd(16)}${roles.find((each) => each.name === role)?.keys.join(', ') ?? ''}\n`
  return `Administrative keys for ${name}\n\n${line('Repository', 'targets')}${line('Root', 'root')}`
}

function rolesText({ roles }: DescribedCollection): string {
  const rows = roles.map((role) => [
    role.name,
    `${role.threshold} of ${role.keys.length}`,
    role.paths === undefined ? '' : role.paths.map((path) => JSON.stringify(path)).join(' '),
    String(role.version ?? ''),
    role.expires?.slice(0, 10) ?? '',
    role.problem === undefined ? '' : sanitize(role.problem),
  ])
  return `Roles\n\n${formatTable([['ROLE', 'KEYS', 'PATHS', 'VERSION', 'EXPIRES', 'PROBLEM'], ...rows])}`
}

/** The same in the form of `docker trust inspect`, with the roles beside. */
export function collectionJson({ name, tags, roles }: DescribedCollection): unknown {
  const keys = (role: DescribedRole | undefined): { ID: string }[] => (role?.keys ?? []).map((id) => ({ ID: id }))
  const find = (role: string): DescribedRole | undefined => roles.find((each) => each.name === role)
  return {
    Name: name,
    SignedTags: tags.map((tag) => ({
      SignedTag: tag.name,
      Digest: tag.digest.slice('sha256:'.length),
      Signers: tag.signers,
      Size: tag.size,
      Role: tag.role,
    })),
    Signers: roles.filter(isSigner).map((role) => ({ Name: role.name.slice('targets/'.length), Keys: keys(role) })),
    AdministrativeKeys: [
      { Name: 'Root', Keys: keys(find('root')) },
      { Name: 'Repository', Keys: keys(find('targets')) },
    ],
    Roles: roles,
  }
}

function isSigner({ name }: DescribedRole): boolean {
  return /^targets\/[^/]+$/.test(name) && name !== releases
}

function shortKeys({ keys }: DescribedRole): string {
  return keys.map((id) => id.slice(0, 12)).join(', ')
}
