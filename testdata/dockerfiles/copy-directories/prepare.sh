mkdir -p empty modes/sticky modes/private
chmod 1777 modes/sticky
chmod 700 modes/private
echo setuid > modes/setuid && chmod 6755 modes/setuid
echo none > modes/none && chmod 0 modes/none
