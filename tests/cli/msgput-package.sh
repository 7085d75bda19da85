# Discord data packages of every age give the same messages; as zip and as folder; hostile ones.
cp -r "$ROOT/tests/data/imports" .
I=imports
for p in 2019 2022 2024 2025-german; do
	msgput -q -d $p "$I/$p.zip"
	echo "$p: status $?"
	msgscan -d $p --all >$p.json
	cmp 2019.json $p.json
done
cat 2019.json
msgput -d m "$I/messages-only.zip"
echo "status $?"
msgput -d m -f package --author 53908232506183680 "$I/messages-only.zip"
msgscan -d m --all
# As a folder, also that of the messages alone; without channel.json; without messages.
mkdir -p p/Messages/c5 p/Messages/6 p/Messages/c7 p/Account p/Activity
echo '{"id":"9","username":"mason"}' >p/Account/user.json
echo '{"id":"8","name":"x"}' >p/Activity/other.json
echo '[{"ID":10,"Contents":"a"},{"ID":"11","Contents":"b","Extra":1}]' >p/Messages/c5/messages.json
echo '{"id":"66","type":0}' >p/Messages/6/channel.json
printf 'ID,Timestamp,Contents,Attachments\n12,x,c,\n' >p/Messages/6/messages.csv
echo '{"id":"7"}' >p/Messages/c7/channel.json
msgput -d f p
msgscan -d f --all
msgput -q -d f2 --author 9 p/Messages
msgscan -d f2 --all -o channel_id,message_id,author
# What is bad in a package is named with its path.
echo '[{"ID":10,"Contents":"a"},{"Contents":"no id"},{"ID":1e3},{"ID":13,"Attachments":[]},{"ID":14,"Contents":"good"},{"ID":15' >p/Messages/c5/messages.json
echo '[]' >p/Messages/6/channel.json
printf 'Nothing,At,All\n12,x,c\n' >p/Messages/6/messages.csv
echo '{' >p/Messages/c7/messages.json
mkfifo p/Messages/c7/messages.csv
msgput -q -d f3 p
echo "status $?"
msgscan -d f3 --all -o message_id,content
# None, and not for a pipe.
mkdir empty
msgput -d g empty
echo "status $?"
msgput -q -d g -f package "$I/dce.json"
echo "status $?"
msgput -d g - <"$I/2024.zip"
echo "status $?"
head -c 700 "$I/2024.zip" >cut.zip
msgput -d g cut.zip
echo "status $?"
msgput -d g -f package nothing.zip
echo "status $?"
