// Decodes code streams, or encodes samples, with the WebAssembly build of OpenJPH.
// Lines of standard input: "decode FILE OUT", "encode FILE OUT width height
// components bits signed step" (step 0 is lossless). Samples are interleaved.
const fs = require('fs');
require('@cornerstonejs/codec-openjph').default().then(jph => {
  for (const line of fs.readFileSync(0, 'utf8').trim().split('\n')) {
    const [act, from, to, ...args] = line.split(' ');
    const data = fs.readFileSync(from);
    if (act === 'decode') {
      const d = new jph.HTJ2KDecoder();
      d.getEncodedBuffer(data.length).set(data);
      d.decode();
      const i = d.getFrameInfo();
      fs.writeFileSync(to, d.getDecodedBuffer());
      console.log(i.width, i.height, i.componentCount, i.bitsPerSample, i.isSigned, d.getProgressionOrder(), d.getNumDecompositions());
      d.delete();
      continue;
    }
    const [width, height, componentCount, bitsPerSample, signed, step] = args.map(Number);
    const e = new jph.HTJ2KEncoder();
    e.getDecodedBuffer({ width, height, componentCount, bitsPerSample, isSigned: signed === 1, isUsingColorTransform: componentCount === 3 }).set(data);
    e.setQuality(step === 0, step);
    e.encode();
    fs.writeFileSync(to, e.getEncodedBuffer());
    console.log('encoded');
    e.delete();
  }
}).catch(err => { console.error(err); process.exit(1); });
