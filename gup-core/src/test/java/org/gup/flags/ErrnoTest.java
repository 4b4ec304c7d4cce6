package org.gup.flags;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ErrnoTest {
    @ParameterizedTest
    @CsvSource({
        "EINTR, 4",
        "EAGAIN, 11",
        "ENOMEM, 12",
        "EFAULT, 14",
        "EBUSY, 16",
        "EEXIST, 17",
        "EINVAL, 22",
        "EMLINK, 31",
        "ENOENT, 2",
        "ENOSYS, 38",
        "EOVERFLOW, 75",
        "EOPNOTSUPP, 95",
        "EREMOTEIO, 121",
        "EHWPOISON, 133",
        "ERESTARTSYS, 512",
    })
    void shouldHaveTheValueOfLinuxAndTheNameOfItsField(final String name, final int errno)
            throws ReflectiveOperationException {
        assertEquals(errno, Errno.class.getField(name).getInt(null));
        assertEquals(name, Errno.name(errno));
    }

    @ParameterizedTest
    @CsvSource({"0", "1", "-14", "4095"})
    void shouldNameWhatItDoesNotListByNumber(final int errno) {
        assertEquals("errno " + errno, Errno.name(errno));
    }
}
