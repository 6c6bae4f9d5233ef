// SPDX-License-Identifier: Apache-2.0
// One IndexedDB database with one table of named things. It is the only place on the phone that can keep a key the page itself cannot read.

const kTable = "things";

function finished<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export class Store {
  private constructor(private readonly database: IDBDatabase) {}

  static async open(name: string): Promise<Store> {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(kTable);
    return new Store(await finished(request));
  }

  async get<T>(name: string): Promise<T | undefined> {
    return (await finished(this.database.transaction(kTable).objectStore(kTable).get(name))) as T | undefined;
  }

  // Resolves when the change is durable in the browser's sense, not when it was queued.
  private change(act: (table: IDBObjectStore) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction(kTable, "readwrite", { durability: "strict" });
      transaction.oncomplete = () => resolve();
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
      act(transaction.objectStore(kTable));
    });
  }

  put(name: string, value: unknown): Promise<void> {
    return this.change((table) => table.put(value, name));
  }

  remove(name: string): Promise<void> {
    return this.change((table) => table.delete(name));
  }

  clear(): Promise<void> {
    return this.change((table) => table.clear());
  }
}
