import { retentionCodes } from './retention-codes.ts'
import { type CodeEntry, trustCodes } from './trust-codes.ts'

/**
 * The one catalogue of error codes. `about` says when the code is used (it becomes docs/errors.md), `hint` is the
 * default advice when the place that throws has none better, `exit` the exit code of a command that ends with it.
 * Keep each group sorted; docs/errors.md is written from this table by `npm run docs:errors`.
 */
const table = {
  // names and digests
  DIGEST_INVALID: {
    exit: 2,
    about: 'A digest is not written as algorithm:hex.',
    hint: 'Write it as sha256:<64 hex digits>.',
  },
  DIGEST_MISMATCH: { exit: 1, about: 'Content does not have the digest or size that names it.' },
  REFERENCE_INVALID: {
    exit: 2,
    about: 'An image name breaks the reference grammar.',
    hint: 'Write it as [host[:port]/]path[:tag], the path in lower case.',
  },
  // JSON documents of images
  CONFIG_INVALID: { exit: 1, about: 'An image config is malformed.' },
  JSON_INVALID: { exit: 1, about: 'A JSON document does not parse, is too large or nested too deep.' },
  MANIFEST_INVALID: { exit: 1, about: 'A manifest, index or descriptor is malformed.' },
  // layers
  ARCHIVE_INVALID: { exit: 1, about: 'An archive is damaged or uses a feature that cannot be read.' },
  ARCHIVE_UNSAFE: { exit: 1, about: 'An archive names something outside its root, or goes beyond a cap.' },
  INDEX_INVALID: {
    exit: 1,
    about: 'A layer index is damaged or of another version.',
    hint: 'Remove the file: then the layer counts as missing, and is built or loaded again.',
  },
  LAYER_INDEX_FALSE: {
    exit: 1,
    about: 'The index that was published beside an image does not tell what is in the layer.',
    hint: 'The true layer is in the store now: build again. Do not trust whoever published the image.',
  },
  LAYER_INVALID: {
    exit: 1,
    about: 'A layer does not fit the layers below it, or its diffID is not that of the config.',
  },
  LAYER_LIMIT: {
    exit: 3,
    about: 'An image has more layers than containers can be mounted from, or than its receiver takes.',
    hint: 'Merge layers with --squash or --max-layers=auto.',
  },
  LAYER_NOT_HERE: {
    exit: 1,
    about: 'Of a layer only the index is in the store, and its bytes cannot be had.',
    hint: 'Pull the image that it belongs to.',
  },
  LAYER_TOO_LARGE: {
    exit: 1,
    about: 'A layer or an archive has more names than can be worked with in the memory that ibuild allows itself.',
    hint: 'Spread the files over several layers, or put them into an archive.',
  },
  SYMLINK_LOOP: {
    exit: 1,
    about: 'Symbolic links of an image or a context lead in a circle, or through too many others.',
  },
  WASTE_LIMIT: {
    exit: 3,
    about: 'A larger share of an image is wasted than --fail-waste allows.',
    hint: 'See ibuild analyze for what to write instead.',
  },
  // Dockerfile
  CHECK_FAILED: {
    exit: 3,
    about: 'The Dockerfile breaks rules, and its check directive asks for that to be an error.',
    hint: 'Mend what the warnings name, or take error=true out of the check directive.',
  },
  DOCKERFILE_SYNTAX: { exit: 1, about: 'The Dockerfile does not follow the language.' },
  DOCKERFILE_EXPANSION: { exit: 1, about: 'A variable in the Dockerfile cannot be expanded.' },
  DOCKERFILE_TOO_LARGE: {
    exit: 1,
    about: 'The instructions of a stage make more of an image config than one can hold.',
  },
  NOT_SUPPORTED: { exit: 1, about: 'A feature of the language or of the command line that ibuild does not have yet.' },
  STAGE_UNKNOWN: { exit: 1, about: 'A stage that is not there, comes later, or depends on itself.' },
  // context
  CONTEXT_INVALID: {
    exit: 2,
    about: 'The build context cannot be opened or read.',
    hint: 'The context is a folder, or - for a tar or a Dockerfile on stdin.',
  },
  CONTEXT_CHANGED: {
    exit: 1,
    about: 'A file of the context changed while the build was reading it.',
    hint: 'Build again when nothing writes to the context.',
  },
  COPY_DESTINATION: { exit: 1, about: 'A COPY or ADD cannot write to its destination.' },
  COPY_SOURCE_MISSING: { exit: 1, about: 'A source of COPY or ADD does not exist.' },
  IGNORE_INVALID: { exit: 1, about: 'A pattern of the ignore file is malformed.' },
  // running
  RUN_FAILED: { exit: 1, about: 'The command of a RUN step ended with a non-zero exit code or a signal.' },
  RUNTIME_FAILED: { exit: 1, about: 'The OCI runtime could not start the container.' },
  RUNTIME_MISSING: {
    exit: 1,
    about: 'No usable OCI runtime was found.',
    hint: 'Install runc or crun, or name one with --runtime.',
  },
  USER_UNKNOWN: { exit: 1, about: 'A user or group name is not in /etc/passwd or /etc/group of the image.' },
  // docker daemon
  DOCKER_FAILED: { exit: 1, about: 'The Docker daemon refused what was asked of it.' },
  DOCKER_UNREACHABLE: { exit: 1, about: 'No Docker daemon answers, or it may not be asked.' },
  // images of registries
  NOT_AN_IMAGE: {
    exit: 1,
    about: 'What a registry has under a name is no image that can be used: an artifact, or an old format.',
  },
  PLATFORM_NOT_FOUND: {
    exit: 1,
    about: 'An image is there, but not for the platform.',
    hint: 'Name one that it has with --platform.',
  },
  // registries
  CREDENTIALS_INVALID: {
    exit: 1,
    about: "The user's config.json is malformed, or a credential helper fails.",
    hint: 'See DOCKER_CONFIG, or ~/.docker/config.json.',
  },
  REGISTRIES_INVALID: {
    exit: 1,
    about: 'The settings for registries, or certificates for one of them, are malformed.',
  },
  REGISTRY_ANSWER_INVALID: {
    exit: 1,
    about: 'What a registry answers breaks the protocol, is too large, or contradicts itself.',
  },
  REGISTRY_DENIED: {
    exit: 1,
    about: 'A registry does not let us in, or not do what was asked, with the credentials that there are.',
    hint: 'Log in with ibuild login HOST.',
  },
  REGISTRY_FAILED: {
    exit: 1,
    about: 'A registry had an error of its own or broke off, and did so each time it was tried again.',
  },
  REGISTRY_NOT_FOUND: { exit: 1, about: 'A registry does not have what was asked of it.' },
  REGISTRY_REFUSED: { exit: 1, about: 'A registry does not take what it was sent.' },
  REGISTRY_UNREACHABLE: { exit: 1, about: 'A registry cannot be reached, or its TLS certificate is not trusted.' },
  TAG_CHANGED: {
    exit: 1,
    about: 'A tag is not what --if-match or --if-new says: nothing was changed.',
    hint: 'Look at what is there now, and decide anew.',
  },
  // store
  CONTAINER_EXISTS: { exit: 1, about: 'The name for a container is taken.' },
  CONTAINER_NOT_FOUND: { exit: 1, about: 'No container of that name is in the store.', hint: 'See ibuild containers.' },
  DISK_FULL: {
    exit: 1,
    about: 'The disk is full.',
    hint: 'Free some space, for example with ibuild prune, and try again.',
  },
  IMAGE_NOT_FOUND: { exit: 1, about: 'No image of that name, digest or ID is in the store.' },
  IMAGE_IN_USE: { exit: 1, about: 'An image cannot be removed because something depends on it.' },
  OBJECT_NOT_FOUND: {
    exit: 1,
    about: 'No layer, snapshot, cache record, blob or container of that name or digest is in the store.',
    hint: 'See --root for the data folder.',
  },
  STORE_INVALID: { exit: 1, about: 'The data folder is damaged, of another version or not ours.' },
  // serving
  ACCOUNTS_INVALID: {
    exit: 2,
    about: 'A file with accounts cannot be read or changed, or has a line that is no account with a bcrypt hash.',
  },
  ACCOUNT_EXISTS: {
    exit: 1,
    about: 'There is an account of that name.',
    hint: 'Set its password with ibuild registry user passwd NAME.',
  },
  ACCOUNT_NOT_FOUND: { exit: 1, about: 'There is no account of that name.', hint: 'See ibuild registry user list.' },
  ADOPTION_INVALID: {
    exit: 1,
    about: 'A folder is not the storage of a registry that can be taken over, or another one is being taken over.',
  },
  BACKUP_INVALID: {
    exit: 1,
    about: 'A backup is damaged or cut short, of a newer version, or no backup at all.',
    hint: 'Name a folder or file that ibuild registry backup made; ibuild registry backup --verify reads all of one.',
  },
  EXPORT_REFUSED: {
    exit: 1,
    about: 'A folder that a repository is to be exported to holds something else, or a tag there is another image.',
    hint: 'Name another folder; or --update, to move the tags of an earlier export.',
  },
  EXPOSURE_REFUSED: {
    exit: 3,
    about: 'The registry would be open to other machines without TLS or without accounts, and nobody said that it may.',
  },
  LISTEN_FAILED: { exit: 1, about: 'The address to listen on is taken, is not of this machine, or may not be used.' },
  SERVER_BUSY: { exit: 1, about: 'Another process works on the data of the registry, which has one owner at a time.' },
  SERVER_CONFIG_INVALID: {
    exit: 2,
    about: 'The configuration of the server is malformed, or asks for what there is not.',
    hint: 'All keys are in docs/registry-keys.md, those of the notary in docs/notary-keys.md and of image GC in docs/gc-keys.md; --check-config tries a configuration without serving.',
  },
  SERVER_FAILED: { exit: 1, about: 'A running server refused what a command asked of it.' },
  TAG_IMMUTABLE: {
    exit: 3,
    about: 'The configuration of the registry says that a tag is neither moved nor deleted.',
    hint: 'See tags.immutable in docs/registry.md.',
  },
  TLS_INVALID: { exit: 1, about: 'A certificate or its key cannot be read, or they do not belong together.' },
  TOKEN_ISSUER_FAILED: {
    exit: 1,
    about: 'The public keys of an issuer whose tokens the registry takes cannot be read or fetched.',
    hint: 'See keys of that issuer in token.issuers.',
  },
  TOKEN_KEYS_INVALID: {
    exit: 1,
    about: 'The file with the keys that sign tokens of the registry cannot be read, or is damaged.',
    hint: 'Put it back; or remove the folder token-keys: then there are new keys, and clients get new tokens.',
  },
  ...trustCodes,
  ...retentionCodes,
  // command line
  CANCELLED: { exit: 1, about: 'The user or the caller stopped the work.' },
  SYSTEM_CALL: { exit: 1, about: 'The operating system refused an operation.' },
  USAGE: { exit: 2, about: 'The command line is wrong.', hint: 'See ibuild --help.' },
} as const satisfies Record<string, CodeEntry>

/** Tells what kind of error it is, for programs; docs/errors.md has a line for each. */
export type ErrorCode = keyof typeof table

export const errorCodes: Readonly<Record<ErrorCode, CodeEntry>> = table
