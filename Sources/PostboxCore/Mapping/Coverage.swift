package func fieldsCover(_ newer: UnsafeRawBufferPointer, _ older: UnsafeRawBufferPointer) -> Bool { false }
