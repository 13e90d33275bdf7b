// Echo, store, find, get, move and storage commitment with dcmjs-dimse:
//   node client.js AE PORT OWNPORT FOLDER
const dimse = require('dcmjs-dimse');
const fs = require('fs');
const path = require('path');
const { Client, Server, Scp } = dimse;
const { CEchoRequest, CFindRequest, CStoreRequest, CGetRequest, CMoveRequest, NActionRequest } = dimse.requests;
const { CEchoResponse, CStoreResponse, NEventReportResponse } = dimse.responses;
const { Dataset } = dimse;
const { Status, PresentationContextResult, SopClass, StorageClass, TransferSyntax } = dimse.constants;

const [ae, port, ownPort, folder] = process.argv.slice(2);
const push = '1.2.840.10008.1.20.1';
let arrived = 0;
let reported;

class Receiver extends Scp {
  associationRequested(association) {
    for (const { id } of association.getPresentationContexts()) {
      const pc = association.getPresentationContext(id);
      const ts = pc.getTransferSyntaxUids().find((t) => t === TransferSyntax.ImplicitVRLittleEndian);
      if (ts) pc.setResult(PresentationContextResult.Accept, ts);
      else pc.setResult(PresentationContextResult.RejectTransferSyntaxesNotSupported);
    }
    this.sendAssociationAccept();
  }
  cEchoRequest(request, callback) {
    const r = CEchoResponse.fromRequest(request);
    r.setStatus(Status.Success);
    callback(r);
  }
  cStoreRequest(request, callback) {
    arrived++;
    const r = CStoreResponse.fromRequest(request);
    r.setStatus(Status.Success);
    callback(r);
  }
  nEventReportRequest(request, callback) {
    const r = NEventReportResponse.fromRequest(request);
    r.setStatus(Status.Success);
    callback(r);
    reported(request);
  }
  associationReleaseRequested() {
    this.sendAssociationReleaseResponse();
  }
}

function run(requests, store) {
  return new Promise((resolve, reject) => {
    const client = new Client();
    requests.forEach((r) => client.addRequest(r));
    if (store) client.on('cStoreRequest', store);
    client.on('networkError', reject);
    client.on('associationRejected', () => reject(new Error('rejected')));
    client.on('closed', resolve);
    client.send('127.0.0.1', Number(port), 'DCMJS', ae);
  });
}

(async () => {
  const server = new Server(Receiver);
  server.on('networkError', () => {});
  server.listen(Number(ownPort));

  const echo = new CEchoRequest();
  let status = -1;
  echo.on('response', (r) => (status = r.getStatus()));
  await run([echo]);
  console.log('= echo ' + status);

  let stored = 0;
  const stores = fs.readdirSync(folder).filter((f) => f.endsWith('.dcm')).map((f) => {
    const r = new CStoreRequest(path.join(folder, f));
    r.on('response', (a) => { if (a.getStatus() === Status.Success) stored++; });
    return r;
  });
  await run(stores);
  console.log('= stored ' + stored);

  let found = 0;
  const find = CFindRequest.createImageFindRequest({ StudyInstanceUID: '1.2.3.60.1', SeriesInstanceUID: '1.2.3.60.1.1', SOPInstanceUID: '' });
  find.on('response', (r) => { if (r.getStatus() === Status.Pending && r.hasDataset()) found++; });
  await run([find]);
  console.log('= found ' + found);

  let got = 0;
  const get = CGetRequest.createStudyGetRequest('1.2.3.60.1');
  get.on('response', () => {});
  await run([get], (request, callback) => {
    got++;
    const r = CStoreResponse.fromRequest(request);
    r.setStatus(Status.Success);
    callback(r);
  });
  console.log('= got ' + got);

  const move = CMoveRequest.createStudyMoveRequest('DCMJS', '1.2.3.60.1');
  move.on('response', () => {});
  await run([move]);
  console.log('= moved ' + arrived);

  const report = new Promise((resolve) => (reported = resolve));
  const ask = new NActionRequest(push, push + '.1', 1);
  ask.setDataset(new Dataset({
    TransactionUID: '1.2.3.60.99',
    ReferencedSOPSequence: ['1', '2', '77'].map((n) => ({
      ReferencedSOPClassUID: '1.2.840.10008.5.1.4.1.1.2', ReferencedSOPInstanceUID: '1.2.3.60.1.1.' + n,
    })),
  }));
  let asked = -1;
  ask.on('response', (r) => (asked = r.getStatus()));
  await run([ask]);
  const event = await report;
  const { TransactionUID, ReferencedSOPSequence, FailedSOPSequence } = event.getDataset().getElements();
  const list = (s) => (Array.isArray(s) ? s : [s]);
  const failed = list(FailedSOPSequence).map((i) => i.ReferencedSOPInstanceUID + ' for ' + i.FailureReason.toString(16));
  console.log(`= commitment ${asked} event ${event.getEventTypeId()} of ${TransactionUID}: kept ${list(ReferencedSOPSequence).length} failed ${failed}`);
  server.close();
  process.exit(0);
})().catch((e) => { console.log('error ' + e); process.exit(1); });
