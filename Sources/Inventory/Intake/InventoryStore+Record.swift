package import Domain
internal import GRDB
internal import Synchronization

extension InventoryStore {
    /// Takes in deliveries, all of them or none, and gives the result of each. Repeating or shuffling deliveries, within
    /// a batch or over many, gives the same rows. A few thousand a call is a good size.
    package func record(_ deliveries: [Delivery], now: Timestamp) throws(LetheError) -> RecordedBatch {
        try write { database in
            // Taken out and put back: a batch that fails forgets the rows that it made.
            let cache = subjects.withLock { stored in
                defer { stored = SubjectCache() }
                return stored
            }
            let register = try SubjectRegister(database, keys: keys, cache: cache)
            var recorder = try DeliveryRecorder(database, now: now, subjects: register)
            var batch = RecordedBatch()
            batch.deliveries.reserveCapacity(deliveries.count)
            for delivery in deliveries { batch.deliveries.append(try recorder.record(delivery)) }
            batch.reopens = try recorder.finish()
            let learnt = recorder.subjects.cache
            subjects.withLock { $0 = learnt }
            return batch
        }
    }
}
