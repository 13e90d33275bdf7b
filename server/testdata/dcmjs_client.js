// Echo, store, find, get and move with dcmjs-dimse:
//   node client.js AE PORT OWNPORT FOLDER
const dimse = require('dcmjs-dimse');
const fs = require('fs');
const path = require('path');
const { Client, Server, Scp } = dimse;
const { CEchoRequest, CFindRequest, CStoreRequest, CGetRequest, CMoveRequest } = dimse.requests;
const { CEchoResponse, CStoreResponse } = dimse.responses;
const { Status, PresentationContextResult, SopClass, StorageClass, TransferSyntax } = dimse.constants;

const [ae, port, ownPort, folder] = process.argv.slice(2);
let arrived = 0;

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
  server.close();
  process.exit(0);
})().catch((e) => { console.log('error ' + e); process.exit(1); });
