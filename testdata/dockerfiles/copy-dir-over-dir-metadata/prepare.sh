mkdir -p top tree/dir/sub tree/empty
echo t > top/t && chmod 700 top
echo n > tree/dir/sub/new
chmod 1750 tree/dir tree/dir/sub && chmod 711 tree tree/empty
