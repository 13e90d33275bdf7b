// What dicomweb-client and dcmjs of the npm registry make of a server:
//   node dicomweb_client.js ROOT
// The study 1.2.81 of patient NPM has one series of three CT objects of 16 x 16
// pixels. Each line that begins with FAIL is a failure.
const dicomwebClient = require('dicomweb-client')
const dcmjs = require('dcmjs')

// As much of XMLHttpRequest as the client uses.
globalThis.XMLHttpRequest = class {
  constructor() { this.headers = {}; this.upload = {} }
  open(method, url) { this.method = method.toUpperCase(); this.url = url }
  setRequestHeader(name, value) { this.headers[name] = value }
  getResponseHeader(name) { return this.answer?.headers.get(name) ?? null }
  getAllResponseHeaders() { return [...(this.answer?.headers ?? [])].map(([k, v]) => `${k}: ${v}`).join('\r\n') }
  addEventListener(name, f) { this['on' + name] = f }
  async send(body) {
    try {
      this.answer = await fetch(this.url, { method: this.method, headers: this.headers, body })
      this.status = this.answer.status
      const data = await this.answer.arrayBuffer()
      this.response = this.responseType === 'arraybuffer' ? data : new TextDecoder().decode(data)
      if (this.responseType === 'json') this.response = JSON.parse(this.response || 'null')
    } catch (e) { this.status = 0; this.response = String(e) }
    this.readyState = 4
    this.onreadystatechange?.()
    this.onload?.({})
    this.onloadend?.({})
  }
}

const client = new dicomwebClient.api.DICOMwebClient({ url: process.argv[2] })
const study = { studyInstanceUID: '1.2.81' }
const series = { ...study, seriesInstanceUID: '1.2.81.1' }
const instance = { ...series, sopInstanceUID: '1.2.81.1.1' }
const value = (o, tag) => o?.[tag]?.Value?.[0]
const first = b => Array.isArray(b) ? b[0] : b // the client wraps some answers

async function check(name, f) {
  try {
    if (!await f()) throw new Error('wrong answer')
    console.log('PASS', name)
  } catch (e) { console.log('FAIL', name, e?.message ?? e) }
}

const jpeg = b => { const a = new Uint8Array(first(b)); return a[0] === 0xff && a[1] === 0xd8 }

async function main() {
  await check('searchForStudies', async () => value((await client.searchForStudies({ queryParams: { PatientID: 'NPM' } }))[0], '00100010').Alphabetic === 'Test^NPM')
  await check('searchForSeries', async () => (await client.searchForSeries(study)).length === 1)
  await check('searchForInstances', async () => (await client.searchForInstances(series)).length === 3)
  await check('nothing found', async () => (await client.searchForStudies({ queryParams: { PatientID: 'NOBODY' } })).length === 0)
  await check('retrieveStudyMetadata', async () => (await client.retrieveStudyMetadata(study)).length === 3)
  await check('retrieveSeriesMetadata', async () => value((await client.retrieveSeriesMetadata(series))[0], '00280010') === 16)
  await check('retrieveInstanceFrames', async () => (await client.retrieveInstanceFrames({ ...instance, frameNumbers: [1] }))[0].byteLength === 256)
  await check('frames as stored', async () => (await client.retrieveInstanceFrames({ ...instance, frameNumbers: [1], mediaTypes: [{ mediaType: 'application/octet-stream', transferSyntaxUID: '*' }] }))[0].byteLength === 256)
  await check('frames as JPEG-LS', async () => (await client.retrieveInstanceFrames({ ...instance, frameNumbers: [1], mediaTypes: [{ mediaType: 'image/jls', transferSyntaxUID: '1.2.840.10008.1.2.4.80' }] }))[0].byteLength > 20)
  await check('frames as HTJ2K', async () => { // which the client has no name for
    const frame = `${process.argv[2]}/studies/1.2.81/series/1.2.81.1/instances/1.2.81.1.1/frames/1`
    const answers = await Promise.all(['201', '202', '203'].map(n => fetch(frame, { headers: { Accept: `multipart/related; type="image/jphc"; transfer-syntax=1.2.840.10008.1.2.4.${n}` } })))
    const texts = await Promise.all(answers.map(a => a.text()))
    return answers.every(a => a.status === 200) && texts.every((text, i) => text.includes(`image/jphc; transfer-syntax=1.2.840.10008.1.2.4.20${i + 1}`) || text.includes(`image/jphc;transfer-syntax=1.2.840.10008.1.2.4.20${i + 1}`))
  })
  await check('retrieveInstanceRendered', async () => jpeg(await client.retrieveInstanceRendered({ ...instance, mediaTypes: [{ mediaType: 'image/jpeg' }], queryParams: { window: '40,400,linear', viewport: '32,32' } })))
  await check('retrieveInstanceFramesRendered', async () => jpeg(await client.retrieveInstanceFramesRendered({ ...instance, frameNumbers: [1], mediaTypes: [{ mediaType: 'image/jpeg' }] })))
  await check('retrieveBulkData', async () => {
    const [m] = await client.retrieveSeriesMetadata(series)
    return first(await client.retrieveBulkData({ BulkDataURI: m['7FE00010'].BulkDataURI })).byteLength === 256
  })
  let object
  await check('dcmjs reads what is retrieved', async () => {
    object = dcmjs.data.DicomMessage.readFile(first(await client.retrieveInstance(instance)))
    return dcmjs.data.DicomMetaDictionary.naturalizeDataset(object.dict).PatientID === 'NPM'
  })
  await check('dcmjs reads the metadata', async () => {
    const [m] = await client.retrieveSeriesMetadata(series)
    return dcmjs.data.DicomMetaDictionary.naturalizeDataset(m).SOPInstanceUID.startsWith('1.2.81.1.')
  })
  await check('storeInstances of what dcmjs writes', async () => {
    object.dict['00080018'].Value = ['1.2.81.1.9']
    object.meta['00020003'].Value = ['1.2.81.1.9']
    await client.storeInstances({ datasets: [object.write()] })
    return (await client.searchForInstances(series)).length === 4
  })
}

main()
