import test from 'ava'
import type { OutputSpec } from '../../../builder/build-types.ts'
import { isIbuildError } from '../../../shared/base/errors.ts'
import { parseOutput, type StoreOutput } from './output-spec.ts'

const gzip = { format: 'gzip', level: 6 } as const
const noAnnotations = new Map<string, string>()

const good: [text: string, output: OutputSpec | StoreOutput][] = [
  ['out', { type: 'local', dest: 'out' }],
  ['-', { type: 'tar', dest: '-' }],
  ['type=local,dest=out', { type: 'local', dest: 'out' }],
  ['type=tar', { type: 'tar', dest: '-' }],
  ['type=tar,dest=a=b', { type: 'tar', dest: 'a=b' }],
  ['type=tar,"dest=a,b"', { type: 'tar', dest: 'a,b' }],
  ['type=oci', { type: 'oci', dest: '-' }],
  ['type=oci,dest=x,compression=gzip', { type: 'oci', dest: 'x', compression: gzip }],
  [
    'type=oci,dest=x,compression=gzip,compression-level=0',
    { type: 'oci', dest: 'x', compression: { ...gzip, level: 0 } },
  ],
  [
    'type=oci,dest=x,compression=zstd,compression-level=19',
    { type: 'oci', dest: 'x', compression: { format: 'zstd', level: 19 } },
  ],
  ['type=oci,dest=x,compression=uncompressed', { type: 'oci', dest: 'x' }],
  ['type=oci,dest=x,tar=false', { type: 'oci', dest: 'x', folder: true }],
  ['type=oci,dest=x,tar=true', { type: 'oci', dest: 'x' }],
  ['type=oci,dest=x,"name=a:1,b"', { type: 'oci', dest: 'x', names: ['a:1', 'b'] }],
  ['type=docker,dest=-', { type: 'docker', dest: '-' }],
  ['type=docker,dest=x,compression=gzip', { type: 'docker', dest: 'x', compression: gzip }],
  ['type=image', { type: 'image', names: [], annotations: [] }],
  ['type=image,name=a,push=false', { type: 'image', names: ['a'], annotations: [] }],
  [
    'type=image,annotation.k=v=w',
    { type: 'image', names: [], annotations: [{ place: 'manifest', key: 'k', value: 'v=w' }] },
  ],
  ['type=registry', { type: 'registry' }],
  ['type=registry,"name=h/a:1,b"', { type: 'registry', names: ['h/a:1', 'b'] }],
  ['type=registry,compression=zstd', { type: 'registry', compression: { format: 'zstd' } }],
  ['type=registry,compression=uncompressed', { type: 'registry', compression: { format: 'none' } }],
  ['type=registry,compression-level=9', { type: 'registry', compression: { format: 'gzip', level: 9 } }],
  ['type=registry,oci-mediatypes=false', { type: 'registry', format: 'docker' }],
  ['type=registry,layer-indexes=false', { type: 'registry', indexes: false }],
  [
    'type=registry,annotation.a=b',
    { type: 'registry', annotations: { manifest: new Map([['a', 'b']]), descriptor: noAnnotations } },
  ],
  [
    'type=image,name=a,push=true,compression=zstd,annotation.k=v',
    {
      type: 'image',
      names: ['a'],
      annotations: [{ place: 'manifest', key: 'k', value: 'v' }],
      push: { type: 'registry', names: ['a'], compression: { format: 'zstd' } },
    },
  ],
  [
    'type=oci,dest=x,annotation.org.x.y=1,"annotation-manifest-descriptor.z=a,b"',
    {
      type: 'oci',
      dest: 'x',
      annotations: { manifest: new Map([['org.x.y', '1']]), descriptor: new Map([['z', 'a,b']]) },
    },
  ],
  [
    `type=oci,dest=x,annotation[linux/${process.arch}].k=v`,
    { type: 'oci', dest: 'x', annotations: { manifest: new Map([['k', 'v']]), descriptor: noAnnotations } },
  ],
]
for (const [text, output] of good) test(text, (t) => t.deepEqual(parseOutput(text), output))

const bad: [text: string, says: RegExp][] = [
  ['type=zip', /type "zip" is not supported/],
  ['type=', /type "" is not supported/],
  ['type=toString', /type "toString" is not supported/],
  ['dest=x', /type "" is not supported/],
  ['type=oci,dst=x', /unknown key "dst" for type=oci/],
  ['type=tar,compression=gzip', /unknown key "compression" for type=tar/],
  ['type=local,dest=x,annotation.a=b', /unknown key "annotation.a"/],
  ['type=docker,dest=x,tar=false', /unknown key "tar"/],
  ['type=image,dest=x', /unknown key "dest"/],
  ['type=oci,dest=x,dest=y', /dest is given twice/],
  ['type=oci,=x', /has no key/],
  ['type=oci,', /has no key/],
  ['type=oci,dest=', /dest is empty/],
  ['type=local', /needs dest/],
  ['type=local,dest=-', /needs dest/],
  ['type=oci,tar=false', /tar=false needs dest/],
  ['type=oci,dest=x,tar=maybe', /tar="maybe"/],
  ['type=oci,"dest=a', /quote/],
  ['type=oci,de"st=a', /quote/],
  ['type=oci,compression=lzma', /compression: "lzma"/],
  ['type=oci,compression=none', /compression: "none"/],
  ['type=oci,compression-level=3', /compression-level needs/],
  ['type=oci,compression=uncompressed,compression-level=3', /compression-level needs/],
  ['type=oci,compression=gzip,compression-level=10', /"10" is no level of gzip/],
  ['type=oci,compression=gzip,compression-level=-1', /"-1" is no level of gzip/],
  ['type=oci,compression=zstd,compression-level=0', /"0" is no level of zstd/],
  ['type=oci,compression=zstd,compression-level=23', /"23" is no level of zstd/],
  ['type=oci,compression=zstd,compression-level=1e1', /"1e1" is no level/],
  ['type=oci,annotation-index.a=b', /no index/],
  ['type=oci,annotation-thing.a=b', /unknown type "thing"/],
  ['type=oci,annotation[plan9/mips].a=b', /not for plan9\/mips/],
  ['type=oci,annotation.=b', /unknown key "annotation."/],
  ['type=oci,annotation=b', /unknown key "annotation"/],
  ['type=docker,compression=gzip', /need dest/],
  ['type=image,push=yes', /push="yes"/],
  ['type=image,compression=gzip', /compression of type=image needs push=true/],
  ['type=image,push=false,oci-mediatypes=true', /oci-mediatypes of type=image needs push=true/],
  ['type=registry,dest=x', /unknown key "dest" for type=registry/],
  ['type=registry,push=true', /unknown key "push"/],
  ['type=registry,compression=lzma', /compression: "lzma"/],
  ['type=registry,compression-level=99', /"99" is no level of gzip/],
  ['type=registry,oci-mediatypes=maybe', /oci-mediatypes="maybe"/],
]
for (const [text, says] of bad) {
  test(`${text}: USAGE`, (t) => {
    const error = t.throws(() => parseOutput(text))
    t.true(isIbuildError(error, 'USAGE'), String(error))
    t.regex(error?.message ?? '', says)
  })
}

test('type=docker without a destination is the daemon that docker speaks to', (t) => {
  const { type, names } = { names: undefined, ...parseOutput('type=docker,name=x') }
  t.deepEqual({ type, names }, { type: 'daemon', names: ['x'] })
})
