/** A workspace that lies on no disk: `memory:/work` with one prompt. */
const { Disposable, EventEmitter, FileChangeType, FileSystemError, FileType, workspace } = require('vscode');

const PROMPT = 'EN: In Basel Sam has a heavy signal.\n';

exports.activate = ({ subscriptions }) => {
  const changes = new EventEmitter();
  const folders = new Set(['/', '/work']);
  const files = new Map([['/work/story.prompt', Buffer.from(PROMPT)]]);
  const isWithin = (folder) => (path) => path.startsWith(`${folder}/`) && !path.slice(folder.length + 1).includes('/');
  const named = (type) => (path) => [path.slice(path.lastIndexOf('/') + 1), type];
  const missing = (uri) => FileSystemError.FileNotFound(uri);
  const unwanted = () => {
    throw FileSystemError.NoPermissions();
  };
  const provider = {
    onDidChangeFile: changes.event,
    watch: () => new Disposable(() => {}),
    stat(uri) {
      const file = files.get(uri.path);
      if (!file && !folders.has(uri.path)) throw missing(uri);
      return { type: file ? FileType.File : FileType.Directory, ctime: 0, mtime: 0, size: file?.length ?? 0 };
    },
    readDirectory: ({ path }) => [
      ...[...folders].filter(isWithin(path)).map(named(FileType.Directory)),
      ...[...files.keys()].filter(isWithin(path)).map(named(FileType.File)),
    ],
    readFile(uri) {
      const file = files.get(uri.path);
      if (!file) throw missing(uri);
      return file;
    },
    writeFile(uri, bytes) {
      const type = files.has(uri.path) ? FileChangeType.Changed : FileChangeType.Created;
      files.set(uri.path, Buffer.from(bytes));
      changes.fire([{ type, uri }]);
    },
    createDirectory(uri) {
      folders.add(uri.path);
      changes.fire([{ type: FileChangeType.Created, uri }]);
    },
    delete: unwanted,
    rename: unwanted,
  };
  subscriptions.push(changes, workspace.registerFileSystemProvider('memory', provider, { isCaseSensitive: true }));
};
