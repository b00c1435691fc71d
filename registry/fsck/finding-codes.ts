/**
 * How bad a finding is. `loss`: something that was acknowledged cannot be pulled. `disorder`: rows or files that do not fit each
 * other, with nothing lost as yet. `leftover`: what a process left that was killed; a server clears it by itself. `note`: nothing
 * is wrong.
 */
export type Severity = 'loss' | 'disorder' | 'leftover' | 'note'

interface CodeEntry {
  readonly severity: Severity
  /** What it means. */
  readonly about: string
  /** What a repair does. */
  readonly repair: string
}

const byPush = 'nothing: the next push of it puts it back, as clients are told that it is missing'

/** All that the check of a registry can find, in the order of docs/operate.md. */
const table = {
  'blob-bytes-missing': { severity: 'loss', about: 'a blob has rows and no bytes', repair: byPush },
  'blob-corrupt': {
    severity: 'loss',
    about: 'the bytes of a blob do not have its digest, or cannot be read',
    repair: 'sets the bytes aside: the next push of the blob puts it back',
  },
  'manifest-bytes-missing': { severity: 'loss', about: 'a manifest has rows and no bytes', repair: byPush },
  'manifest-corrupt': {
    severity: 'loss',
    about: 'the bytes of a manifest do not have its digest, or cannot be read',
    repair: 'sets the bytes aside: the next push of the manifest puts it back',
  },
  'manifest-blob-missing': {
    severity: 'loss',
    about: 'a manifest names a blob that is nowhere here',
    repair: 'nothing: push the image again, or delete the manifest',
  },
  'manifest-blob-unlinked': {
    severity: 'loss',
    about: 'a manifest names a blob that its repository does not have, though the bytes are here',
    repair:
      'gives the repository the blob where no other one has it; else nothing, as whoever may pull here need not be one who may pull there: push the image again',
  },
  'metadata-lost': {
    severity: 'loss',
    about: 'there are blobs and no row of any',
    repair: 'nothing by itself: see `manifest-unnamed`',
  },
  'manifest-unnamed': {
    severity: 'loss',
    about: 'the bytes of a manifest are here that no row names, as after a database was lost',
    repair:
      'nothing; with `--recover NAME` it becomes a manifest of that repository, with its blobs and a tag `recovered-...`',
  },
  'tag-dangling': {
    severity: 'loss',
    about: 'a tag leads to a manifest that the repository does not have',
    repair:
      'writes the rows of the manifest anew where its bytes are here; else takes the tag away, and keeps its row aside',
  },
  'manifest-row-missing': {
    severity: 'loss',
    about: 'a repository is said to hold a manifest, and has no row of it',
    repair: 'writes the row anew from the bytes',
  },
  'tag-row-missing': {
    severity: 'loss',
    about: 'the history or the mirror of a tag says where it leads, and its row is missing',
    repair: 'writes the row anew',
  },
  'link-missing': {
    severity: 'loss',
    about: 'a blob is said to be in a repository, which has no row of it',
    repair: 'writes the row anew where the bytes are here; else takes the mirror away',
  },
  'metadata-repaired': {
    severity: 'disorder',
    about: 'the database was damaged, and repaired when it was opened: rows may be missing, or be there again',
    repair: 'done when it was opened',
  },
  'row-damaged': {
    severity: 'disorder',
    about: 'a row cannot be read',
    repair: 'keeps it aside, removes it, and writes it anew from what else tells of it',
  },
  'manifest-row-wrong': {
    severity: 'disorder',
    about: 'the row of a manifest differs from its bytes',
    repair: 'writes the row anew',
  },
  'holder-missing': {
    severity: 'disorder',
    about: 'the mirror of a manifest is missing: its bytes could be taken for unused',
    repair: 'writes it anew',
  },
  'holder-stale': {
    severity: 'disorder',
    about: 'a mirror tells of a manifest that has neither row nor bytes',
    repair: 'removes it',
  },
  'repository-missing': {
    severity: 'disorder',
    about: 'a repository has manifests and is not listed',
    repair: 'writes its row anew',
  },
  'repository-empty': {
    severity: 'disorder',
    about: 'a repository is listed and has no manifest',
    repair: 'removes its row',
  },
  'usage-wrong': {
    severity: 'disorder',
    about: 'what a repository is said to have is not the sum of its blobs and manifests',
    repair: 'counts it anew',
  },
  'tagged-missing': { severity: 'disorder', about: 'the mirror of a tag is missing', repair: 'writes it anew' },
  'tagged-stale': {
    severity: 'disorder',
    about: 'a mirror tells of a tag that leads elsewhere or is gone',
    repair: 'removes it',
  },
  'history-missing': {
    severity: 'disorder',
    about: 'the last move of a tag is not in its history',
    repair: 'writes it anew',
  },
  'tag-behind-history': {
    severity: 'disorder',
    about: 'the history of a tag has later moves than its row: the tag could not be moved any more',
    repair: 'counts the row as a move after those',
  },
  'referrer-missing': {
    severity: 'disorder',
    about: 'a manifest with a subject is not among its referrers, or with other values',
    repair: 'writes the row anew',
  },
  'referrer-stale': {
    severity: 'disorder',
    about: 'a referrer is listed that is none',
    repair: 'removes the row',
  },
  'references-missing': {
    severity: 'disorder',
    about: 'what a manifest refers to is not all written down: what it names could be taken for unused',
    repair: 'writes it anew from the bytes',
  },
  'references-stale': {
    severity: 'disorder',
    about: 'it is written down what a manifest refers to that is not there: what it named would stay for ever',
    repair: 'removes the row',
  },
  'blob-row-missing': {
    severity: 'disorder',
    about: 'a repository has a blob that has no row of its own',
    repair: 'writes it anew',
  },
  'blob-row-wrong': {
    severity: 'disorder',
    about: 'the row of a blob, or of a repository that has it, tells another size than its bytes have, which are right',
    repair: 'writes the row anew',
  },
  'linked-missing': {
    severity: 'disorder',
    about: 'the mirror of a blob of a repository is missing: its bytes could be taken for unused',
    repair: 'writes it anew',
  },
  'blob-unlinked': {
    severity: 'disorder',
    about: 'a blob has a row, and no repository has it',
    repair: 'removes the row, and sets the bytes aside unless they are a manifest',
  },
  'bytes-unnamed': {
    severity: 'disorder',
    about: 'bytes of a blob are here that no row names',
    repair: 'sets them aside, unless there are manifests that no row names: these may need them',
  },
  'file-misplaced': {
    severity: 'disorder',
    about: 'among the blobs lies something that is none',
    repair: 'sets it aside',
  },
  'upload-bytes-missing': {
    severity: 'disorder',
    about: 'of an open upload fewer bytes are here than its client was told: it is lost',
    repair: 'keeps its row aside and removes it, and sets the bytes aside',
  },
  'upload-unnamed': {
    severity: 'leftover',
    about: 'bytes of an upload are here that no row names',
    repair: 'sets them aside; a server removes them',
  },
  doomed: {
    severity: 'leftover',
    about: 'the removal of a blob or of a push that broke off is not finished',
    repair: 'finishes it, as a server does when it starts',
  },
  'temporary-file': {
    severity: 'leftover',
    about: 'a process that was killed left a file that nothing reads',
    repair: 'removes it',
  },
  'index-child-missing': {
    severity: 'note',
    about: 'an index names a manifest that the repository does not have: that platform cannot be pulled',
    repair: 'nothing: an index may be pushed so',
  },
  'manifest-unreadable': {
    severity: 'note',
    about: 'a manifest has its digest, and would not be taken today: what it names is not checked',
    repair: 'nothing',
  },
  'row-unknown': { severity: 'note', about: 'a row is of a kind that is not known here', repair: 'nothing' },
  aside: {
    severity: 'note',
    about: 'files were set aside, and take space',
    repair: 'nothing: look at them, then remove them',
  },
} as const satisfies Record<string, CodeEntry>

export type FindingCode = keyof typeof table

export const findingCodes: Readonly<Record<FindingCode, CodeEntry>> = table
