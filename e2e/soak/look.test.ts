import test from 'ava'
import type { Asks, TimedAnswer } from './asker.ts'
import { blobOf, type Content, imageContent, indexContent, referrerContent } from './content.ts'
import { type Counts, Tally } from './counts.ts'
import { lookAtOwned, lookAtShared } from './look.ts'

const layer = blobOf('layer', 100)
const image = imageContent('image', [layer])
const signature = referrerContent('signature', image, blobOf('signed', 50))
const index = indexContent('index', [image])
const at = (path: string): string => `/v2/a/${path}`
const blobPath = at(`blobs/${layer.digest}`)
const place = { repository: 'a', tag: 't' }

/** What a registry answers to GET, by paths; what is not there is 404. */
type Pages = Map<string, Buffer>

function pagesOf(content: Content): Pages {
  const pages = new Map([[at(`manifests/${content.digest}`), content.bytes]])
  for (const { digest, bytes } of content.blobs) pages.set(at(`blobs/${digest}`), bytes)
  for (const child of [...content.children, ...content.referrers])
    for (const [path, page] of pagesOf(child)) pages.set(path, page)
  const manifests = content.referrers.map(({ digest }) => ({ digest }))
  pages.set(at(`referrers/${content.digest}`), Buffer.from(JSON.stringify({ manifests })))
  return pages
}

function tagged(content: Content): Pages {
  const tags = Buffer.from('{"tags":["t"]}')
  return pagesOf(content).set(at('manifests/t'), content.bytes).set(at('tags/list?n=1000'), tags)
}

/** `change` is called before each request: what others do meanwhile. */
function asksOf(pages: Pages, change: (path: string, pages: Pages) => void): Asks {
  return {
    ask: (method, path) => {
      change(path, pages)
      const body = pages.get(path)
      const answer: TimedAnswer = {
        status: body === undefined ? 404 : 200,
        header: () => (path === at('manifests/t') ? digestBehind(pages) : undefined),
        body: body ?? Buffer.alloc(0),
        to: `${method} ${path}`,
        sentAt: 0,
        answeredAt: 0,
      }
      return Promise.resolve(answer)
    },
  }
}

function digestBehind(pages: Pages): string | undefined {
  return [image, index].find(({ bytes }) => pages.get(at('manifests/t')) === bytes)?.digest
}

interface Case {
  readonly content?: Content
  readonly change: (path: string, pages: Pages) => void
  readonly expected: Partial<Counts>
}

const owned: Readonly<Record<string, Case>> = {
  'all is there': { change: () => undefined, expected: { pulls: 1, lost: 0 } },
  'the tag is gone': { change: (_, pages) => pages.delete(at('manifests/t')), expected: { pulls: 0, lost: 1 } },
  'a blob is gone': { change: (_, pages) => pages.delete(blobPath), expected: { pulls: 0, lost: 1 } },
  'a blob has other bytes': {
    change: (_, pages) => pages.set(blobPath, Buffer.from('x')),
    expected: { pulls: 0, lost: 1 },
  },
  'the tag leads elsewhere': {
    change: (_, pages) => {
      for (const [path, page] of tagged(index)) pages.set(path, page)
    },
    expected: { pulls: 0, lost: 1 },
  },
  'a child is gone': {
    content: index,
    change: (_, pages) => pages.delete(at(`manifests/${image.digest}`)),
    expected: { pulls: 0, lost: 1 },
  },
  'a referrer is there': {
    content: { ...image, referrers: [signature] },
    change: () => undefined,
    expected: { pulls: 1, listings: 1, lost: 0 },
  },
  'a referrer is not listed': {
    content: { ...image, referrers: [signature] },
    change: (_, pages) => pages.set(at(`referrers/${image.digest}`), Buffer.from('{"manifests":[]}')),
    expected: { lost: 1 },
  },
  'a referrer is gone': {
    content: { ...image, referrers: [signature] },
    change: (_, pages) => pages.delete(at(`manifests/${signature.digest}`)),
    expected: { lost: 1 },
  },
}

for (const [what, { content = image, change, expected }] of Object.entries(owned)) {
  test(`what a client owns: ${what}`, async (t) => {
    const tally = new Tally()
    await lookAtOwned(asksOf(tagged(content), change), tally, { ...place, content })
    t.like(tally.counts, expected)
    t.is(tally.takeMessages().length, tally.counts.lost)
  })
}

/** Does something once, before the first request for a path. */
function before(wanted: string, change: (pages: Pages) => void): Case['change'] {
  let isDone = false
  return (path, pages) => {
    if (isDone || path !== wanted) return
    isDone = true
    change(pages)
  }
}

const collected = (pages: Pages): void => {
  for (const path of [...pagesOf(image).keys(), at('manifests/t'), at('tags/list?n=1000')]) pages.delete(path)
}

const shared: Readonly<Record<string, Case>> = {
  'all is there': { change: () => undefined, expected: { pulls: 1, gone: 0, lost: 0 } },
  'the tag is deleted before the pull': {
    change: before(at('manifests/t'), collected),
    expected: { gone: 1, lost: 0, dangling: 0 },
  },
  'all of it is collected during the pull': { change: before(blobPath, collected), expected: { gone: 1, lost: 0 } },
  'all of it is collected during the pull, and pushed again': {
    change: (() => {
      const [gone, again] = [before(blobPath, collected), before(at(`manifests/${image.digest}`), restore)]
      return (path, pages) => {
        gone(path, pages)
        again(path, pages)
      }
    })(),
    expected: { pulls: 1, gone: 0, lost: 0 },
  },
  'the tag is deleted and the manifest stays without a blob': {
    change: before(blobPath, (pages) => {
      pages.delete(blobPath)
      pages.delete(at('manifests/t'))
    }),
    expected: { pulls: 0, gone: 0, lost: 1 },
  },
  'a blob is gone': { change: (_, pages) => pages.delete(blobPath), expected: { pulls: 0, gone: 0, lost: 1 } },
  'a listed tag leads to nothing': {
    change: (_, pages) => pages.delete(at('manifests/t')),
    expected: { gone: 0, lost: 0, dangling: 1 },
  },
  'a blob has other bytes': {
    change: (_, pages) => pages.set(blobPath, Buffer.from('x')),
    expected: { pulls: 0, gone: 0, lost: 1 },
  },
  'a child is gone': {
    content: index,
    change: (_, pages) => pages.delete(at(`manifests/${image.digest}`)),
    expected: { pulls: 0, gone: 0, lost: 1 },
  },
}

function restore(pages: Pages): void {
  for (const [path, page] of pagesOf(image)) pages.set(path, page)
}

for (const [what, { content = image, change, expected }] of Object.entries(shared)) {
  test(`what anybody may delete: ${what}`, async (t) => {
    const tally = new Tally()
    await lookAtShared(asksOf(tagged(content), change), tally, place)
    t.like(tally.counts, expected)
    t.is(tally.takeMessages().length, tally.counts.lost + tally.counts.dangling)
  })
}
