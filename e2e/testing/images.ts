export { type MadeImage, type MadeLayer, makeImage } from '../../builder/store/testing/make-image.ts'
