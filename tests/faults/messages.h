/* tests/faults/messages.h: what lies in the directories of several cases. */
#ifndef FAULTS_MESSAGES_H
#define FAULTS_MESSAGES_H

#define OLD \
	"{\"channel_id\":\"1\",\"message_id\":\"1000000000000000001\",\"author_id\":\"5\"," \
	"\"author\":\"ann\",\"content\":\"old one\"}\n" \
	"{\"channel_id\":\"2\",\"message_id\":\"1000000000000000002\",\"author_id\":\"6\"," \
	"\"content\":\"old two\"}\n"
#define OLDER \
	"{\"channel_id\":\"1\",\"message_id\":\"900000000000000003\",\"author_id\":\"5\"," \
	"\"content\":\"older\"}\n"
#define LEFT \
	"{\"channel_id\":\"2\",\"message_id\":\"1000000000000000007\",\"author_id\":\"5\"," \
	"\"content\":\"left in the log\"}\n"

#endif
